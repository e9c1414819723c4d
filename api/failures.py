"""Errors told without their messages, which may quote what a caller sent."""


def places_of(error: BaseException) -> list[str]:
    """Return where an error passed, as `module:line`, the innermost place last."""
    places, traceback = [], error.__traceback__
    while traceback is not None:
        module = traceback.tb_frame.f_globals.get("__name__", "?")
        places.append(f"{module}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return places
