from hub.cli.show import columns, one_line


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert columns(("A", "LONG", "C"), [("xyz", "1", ""), ("", "2", "end")]) == (
        "A    LONG  C\nxyz  1\n     2     end"
    )


def test_a_line_is_cut_at_the_width_only_if_there_is_one() -> None:
    rows = [("name", "x" * 20)]
    assert columns(("A", "B"), rows).endswith("x" * 20)
    assert columns(("A", "B"), rows, width=10).splitlines()[1] == "name  xxx…"


def test_what_could_rewrite_a_terminal_becomes_a_space() -> None:
    assert one_line("a\x1b[2J\r\nb\u202ec\x9bd") == "a [2J b c d"
