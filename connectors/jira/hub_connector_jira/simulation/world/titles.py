"""What the backlog of the shop is about; `{a|b}` stands for one issue with each of the words."""

import re
from collections.abc import Iterator

from hub_connector_jira.simulation.site import BUG, STORY, TASK

_SLOT = re.compile(r"\{([^}]*)\}")

BUGS = {
    "Cart": """
        Cart loses items after {signing in|a change of currency|a session timeout}
        Quantity above {99|999} is saved as zero
        Removed item comes back when the page is {reloaded|opened in a second tab}
        Cart total ignores gift wrapping for {guests|business accounts}
        Cart badge shows the count of {the previous session|another shop}
        Adding a bundle to the cart {drops its options|shows the price of one part}
        Merged cart keeps only {the newest|the cheapest} line of a product
    """,
    "Orders API": """
        Orders API answers 500 for {an empty address line|a phone number with letters|a coupon in lower case}
        Order list skips the order at every page border
        Retried POST /orders creates the order twice when {the first answer times out|the connection drops}
        Orders API returns prices as {strings|floats} for draft orders
        Cancelled orders still count towards {the daily limit|the loyalty level}
        Filter by date leaves out {the first|the last} day
        Webhook for {paid|returned} orders arrives before the order can be read
    """,
    "Payments": """
        Payment form hangs after {3-D Secure is cancelled|the bank's page times out}
        Refund of a partly shipped order is {rounded down|sent twice|left pending}
        Saved card is offered after it {expired|was removed}
        Declined {card|voucher} shows a blank page instead of a reason
        Apple Pay sheet shows the wrong {currency|merchant name}
        Webhook signature check fails for {leap seconds|long payloads}
        Payment retries ignore the {limit|delay} of the provider
    """,
    "Tax": """
        Tax is shown twice for orders with {two warehouses|a gift card}
        VAT number of {Ireland|Austria|Greece} is refused although it is valid
        Invoice rounds tax per order instead of per line for {Switzerland|Norway}
        Reverse charge is missing on invoices to {Portugal|Belgium}
        Reduced rate is not used for {books|baby food}
        Tax preview differs from the order for {bundles|pre-orders}
    """,
    "Shipping": """
        Delivery date lies in the past for {orders after 22:00|holidays of the destination}
        Pickup points of {Poland|Spain|Denmark} show without opening hours
        Shipping costs jump when the weight is exactly {2 kg|31.5 kg}
        Split deliveries are charged {twice|for each item}
        Label of {returns|parcels to islands} prints without a barcode
    """,
    "Storefront": """
        Address form clears itself on {iOS Safari|Firefox for Android}
        Checkout button is hidden behind the {cookie banner|keyboard} on small screens
        Screen reader skips the {error summary|order total}
        Language falls back to English after {payment|an error}
        Back button after payment {places the order again|empties the cart}
        Prices flicker while {the language|the region} is changed
        Order confirmation cannot be {printed|read} in dark mode
    """,
    "Promotions": """
        Coupon applies to {gift cards|sale items} although it excludes them
        Free shipping ends {an hour early|a day late} when clocks change
        Two promotions with the same code cancel each other out
        Loyalty points are granted for {cancelled|test} orders
        Countdown of a promotion uses the {server's|browser's} time zone
    """,
    "Platform": """
        Checkout pods restart at {02:00|the hour} when logs rotate
        Memory of the price cache grows by {40 MB|200 MB} a day
        Traces of checkout break at the {queue|gateway}
        Health check stays green while {the database is read-only|the cache is down}
        Flaky test: {test_order_totals|test_checkout_with_coupon} fails on Mondays
        Alerts for checkout go to the {old channel|wrong rotation}
    """,
}
STORIES = {
    "Cart": """
        Keep the cart for {30 days|signed-out customers}
        Share a cart by {link|e-mail}
        Show what others bought beside the {cart|order confirmation}
        Save items for later as {a guest|a business account}
    """,
    "Orders API": """
        Give every order a reason when it is {refused|put on hold}
        List orders by {delivery date|customer reference}
        Accept orders in batches of up to {50|500}
        Change the address of an order {before it ships|for support}
    """,
    "Payments": """
        Pay with {Swish|iDEAL|Apple Pay|an invoice in 30 days}
        Split a payment over {two cards|a card and a voucher}
        Tell customers why a payment was declined
        Remember the payment method for {subscriptions|a family account}
    """,
    "Tax": """
        Show prices without tax to {business accounts|customers outside the EU}
        Let support change the tax region of {an order|a customer}
        Keep the tax rules an order was priced with
    """,
    "Shipping": """
        Promise a delivery {date|window} before payment
        Choose {a pickup point|a neighbour} for delivery
        Track {split|returned} deliveries in one place
        Offer delivery on {Saturdays|the same day}
        Show the emissions of each {carrier|delivery option}
    """,
    "Storefront": """
        Guest checkout on one page for {phones|tablets and larger}
        Fill in addresses from {the postcode|a map}
        Show the checkout in {Finnish|Czech|Arabic|Basque|Welsh}
        Check out with {a passkey|one tap}
        Show stock of {nearby shops|each warehouse} in the checkout
    """,
    "Promotions": """
        Explain why a coupon {does not apply|was removed}
        Reward the {third|tenth} order of a customer
        Preview a promotion before it starts
        Give {employees|partners} a discount without a code
    """,
    "Platform": """
        Alert on orders {started but not finished|paid but not created}
        Show {latency|errors} of checkout by version on the team's dashboard
        Deploy checkout to {one|ten} percent of traffic first
        See which {flags|rules} an order was priced with
    """,
}
TASKS = {
    "Cart": """
        Move cart expiry to {the scheduler|a TTL index}
        Remove the old cart {API|cookies}
        Delete carts without items older than {a month|a year}
    """,
    "Orders API": """
        Upgrade the order schema to version {7|8}
        Document the {error codes|rate limits} of the Orders API
        Add an index for {order references|customer e-mails}
    """,
    "Payments": """
        Rotate the {sandbox|webhook|test} keys of the payment provider
        Replay last week's {refunds|chargebacks} against the new adapter
    """,
    "Tax": """
        Import the tax rules of {2025|2026} for {all EU countries|the United States}
        Compare tax of {10,000|100,000} past orders with the new engine
        Review the tax texts of {invoices|credit notes} with accounting
    """,
    "Shipping": """
        Drop the {SOAP|FTP} interface of the old carrier
        Load test the delivery promise with {November's|Friday's} traffic
        Renew the contract data of {two|five} carriers
    """,
    "Storefront": """
        Replace the form library in the {address|payment} step
        Cut the checkout bundle below {200|150} kB
        Upgrade the design tokens of the {cart|checkout}
    """,
    "Promotions": """
        Archive promotions older than {two|five} years
        Write property tests for {stacking|rounding} rules
    """,
    "Platform": """
        Move checkout to {Python 3.13|the new node pool}
        Practise the rollback of {checkout|the price service}
        Delete feature flags that have been on for {a year|six months}
        Raise the test coverage of {pricing|webhooks} to 90 %
        Move secrets of checkout to {the vault|workload identities}
    """,
}
EPICS = (
    (3, "Cart", "A cart that survives the session"),
    (47, "Payments", "Every local payment method in one form"),
    (114, "Tax", "Tax rules by region"),
    (150, "Shipping", "Delivery promises customers can trust"),
    (191, "Promotions", "Promotions without surprises"),
    (229, "Platform", "Know before customers do"),
)
"""Place in the backlog, component and title."""
PAST_INCIDENTS = (
    (22, "Payments", "Payments with Swish time out"),
    (69, "Cart", "Checkout answers 500 when the cart holds a deleted product"),
    (121, "Storefront", "Checkout page is blank for customers with an ad blocker"),
    (163, "Platform", "Orders are delayed by 40 minutes after the queue was moved"),
    (215, "Shipping", "No delivery options for Denmark"),
)
SUB_TASKS = (
    "Write the migration",
    "Add the error to the API reference",
    "Put it behind a feature flag",
    "Ask legal about the wording",
)


def titles() -> Iterator[tuple[str, str, str]]:
    """Issue type, component and title of ordinary issues; every title once."""
    for kind, groups in ((BUG, BUGS), (STORY, STORIES), (TASK, TASKS)):
        for component, lines in groups.items():
            for line in lines.strip().splitlines():
                for title in _expanded(line.strip()):
                    yield kind, component, title


def _expanded(line: str) -> list[str]:
    match = _SLOT.search(line)
    if match is None:
        return [line]
    return [
        title
        for word in match[1].split("|")
        for title in _expanded(line[: match.start()] + word + line[match.end() :])
    ]
