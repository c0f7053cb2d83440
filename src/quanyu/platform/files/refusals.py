"""Why a file as a whole, or one cell of it, is not taken: stable codes with what to do."""

from __future__ import annotations

from quanyu.kernel.problem import N_, Conflict, Invalid, NotFound

# Why a whole file is refused.
FILE_REASONS = {
    "empty": N_("nothing is in it"),
    "too_large": N_("it is larger than is allowed here"),
    "too_many_rows": N_("it has more than 200,000 rows"),
    "too_many_columns": N_("it has more than 100 columns"),
    "cell_too_long": N_("a cell holds more text than Excel allows"),
    "unpacks_too_large": N_("it unpacks to more than is allowed"),
    "damaged": N_("it is damaged, or no XLSX"),
    "old_format": N_("it is an old XLS; save it as XLSX or CSV"),
    "password": N_("it is protected by a password"),
    "web_page": N_("it is a web page with the name of a spreadsheet; save it as XLSX"),
    "no_table": N_("it is neither CSV nor XLSX"),
    "letters": N_("its letters are neither UTF-8 nor GBK"),
    "quotes": N_("a quotation mark is not closed, or a cell is too long"),
    "entities": N_("it defines entities of its own, which no spreadsheet does"),
    "no_headings": N_("no row of headings was found among the first rows; compare it with the template"),
    "heading_twice": N_("two columns mean the same"),
    "heading_missing": N_("a column that every row needs is missing"),
    "no_rows": N_("it has no rows below its headings"),
    "stopped": N_("it could not be worked on to its end; upload it again"),
}

# What is wrong with a row: code -> (what, what to do).
ROW_REASONS = {
    "required": (N_("Nothing stands here"), N_("Fill it in: what is new needs it.")),
    "key_missing": (N_("Nothing stands here"), N_("Every row needs it: it says what the row is about.")),
    "too_long": (N_("Longer than %(most)s characters"), N_("Shorten it.")),
    "not_printable": (N_("Holds characters that cannot be shown"), N_("Type it again.")),
    "number_damaged": (
        N_("The spreadsheet has lost digits of this number"),
        N_("Format the column as text, then type or paste the number again."),
    ),
    "became_a_date": (
        N_("The spreadsheet made a date of it"),
        N_("Format the column as text, then type it again."),
    ),
    "formula": (N_("A formula, not a value"), N_("Copy the cells and paste them as values.")),
    "formula_empty": (
        N_("A formula whose result was not saved"),
        N_("Open the file in Excel or WPS, save it, and upload it again; or paste values."),
    ),
    "cell_error": (N_("The cell shows the error %(shown)s"), N_("Put the value in.")),
    "not_money": (N_("Not an amount"), N_("Write yuan with at most two decimals, such as 12.50.")),
    "money_decimals": (N_("An amount with more than two decimals"), N_("Round it to fen, such as 12.35.")),
    "negative": (N_("Less than nothing"), N_("Write an amount or a number from zero on.")),
    "not_a_number": (N_("Not a number"), N_("Write digits, such as 12 or 0.525.")),
    "too_many_decimals": (N_("More than %(most)s decimals"), N_("Round it.")),
    "not_whole": (N_("Not a whole number"), N_("Write whole pieces.")),
    "out_of_range": (N_("Not between %(least)s and %(most)s"), N_("Correct it.")),
    "not_a_date": (N_("Not a date"), N_("Write it as 2026-01-31.")),
    "not_a_choice": (N_("Not one of: %(choices)s"), N_("Choose one of the list in the template.")),
    "not_yes_or_no": (N_("Neither yes nor no"), N_("Write yes or no.")),
    "not_clearable": (N_("This cannot be emptied"), N_("Write a value, or leave the cell empty to keep what stands.")),
    "repeated": (N_("The same as row %(row)s"), N_("Keep one of the two rows.")),
    "differs": (N_("Row %(row)s says something else of the same thing"), N_("Say the same in both rows.")),
    "stale": (
        N_("Changed by somebody else since the preview"),
        N_("Upload the row again and look at the new preview."),
    ),
    "unknown": (
        N_("There is no %(shown)s, or not within your reach"),
        N_("Check the code; it may belong to another unit."),
    ),
    "fixed": (
        N_("This stays what it is once the thing exists: %(shown)s"),
        N_("Leave the cell empty, or write what stands."),
    ),
    "ambiguous": (N_("More than one is called %(shown)s"), N_("Write its code.")),
    "gone": (
        N_("Taken away by somebody else since the preview"),
        N_("Upload the row again and look at the new preview."),
    ),
}


class FileRefused(Invalid):
    """A file as a whole cannot be read; nothing was kept of it. ``params["reason_code"]`` is stable."""

    code = "files.refused"
    title = N_("This file cannot be imported: %(reason)s")
    remedy = N_("Use the template, save as XLSX or CSV, and try again.")

    def __init__(self, reason_code: str, *, shown: str = "") -> None:
        reason = FILE_REASONS[reason_code]
        super().__init__(field="file", reason=reason, reason_code=reason_code, shown=shown)
        self.reason_code, self.shown = reason_code, shown


class FileUnknown(NotFound):
    """No such import of this person, or it was cleared away."""

    code = "files.unknown"
    title = N_("There is no such import any more.")
    remedy = N_("Upload the file again.")


class FileNotReady(Conflict):
    """The import is not in a state that allows this."""

    code = "files.not_ready"
    title = N_("The import is not in a state that allows this.")
    remedy = N_("Reload and look at its present state.")


class TooManyFiles(Conflict):
    """The person has as many files under way as the machine should carry."""

    code = "files.too_many"
    title = N_("%(most)s of your files are still being worked on.")
    remedy = N_("Wait until one is done, or cancel it.")


class CellRefused(Exception):
    """A cell that does not say what its column asks for; ``code`` is one of ``ROW_REASONS``."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code, self.params = code, params
