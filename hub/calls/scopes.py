"""Names the scopes a tool needs where the service says that the credential lacks one."""

from hub.catalog.items import AnyItem, ToolItem
from hub.errors import CallError, PermissionDenied


def with_scopes(error: CallError, item: AnyItem) -> CallError:
    """The error; a denied permission with what the tool declares it needs, and what of it is known to be missing.

    Args:
        error: What a call ended in.
        item: What was called.
    """
    if not isinstance(error, PermissionDenied) or not isinstance(item, ToolItem) or not item.declaration.scopes:
        return error
    needed = item.declaration.scopes
    told = f"{item.name} needs {', '.join(needed)}"
    if error.granted is not None:
        missing = [scope for scope in needed if scope not in error.granted]
        granted = ", ".join(sorted(error.granted)) or "none"
        told += (
            f"; the credential lacks {', '.join(missing)} and has {granted}"
            if missing
            else "; the credential has that, so it is its user who lacks a right"
        )
    hint = f"{error.hint.rstrip('.')}. {told}" if error.hint else told
    return PermissionDenied(error.message, hint=hint, retry_after=error.retry_after, granted=error.granted)
