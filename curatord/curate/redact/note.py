"""A note without its secrets: masked before it is parsed, and looked at again as its readers will see it.

Escapes, character references and inline tags can hide a secret from a look at the raw text, and a table tells what a
cell is by its header alone. So the parsed note is searched too; a section with such a finding is left out, whatever the
mode, because there is no place in the file's text to mask.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from curatord.curate.redact.allow import allowed
from curatord.curate.redact.mask import Finding, mask
from curatord.curate.redact.options import Mode
from curatord.curate.redact.passages import HEAD, NOTE, Passage, passages
from curatord.memory.document import Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.curate.redact.options import Redaction
    from curatord.memory.document import Document

MAX_REMARKS = 100


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A note's bytes with nothing left to find in them, and what was found."""

    data: bytes
    findings: tuple[Finding, ...]


def clean(data: bytes, redaction: Redaction) -> Cleaned:
    """Mask the secrets of a note's bytes; bytes that are no UTF-8 come back as they are, for the parser to refuse."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return Cleaned(data, ())
    masked = mask(text.replace("\r\n", "\n").replace("\r", "\n"), allowed(redaction.allow))
    return Cleaned(masked.text.encode() if masked.findings else data, masked.findings)


def clear(document: Document, findings: tuple[Finding, ...], redaction: Redaction) -> Document:
    """Leave out of a note, parsed from cleaned bytes, what must not become training data, and remark on it.

    `findings` are those of `clean`. Where redaction drops, every section they stand in goes, and the frontmatter
    likewise; a secret in the title or in the file's name, which every pair may tell, empties the note. Remarks have
    the code "secret", name the rule and the line, and never the value.
    """
    said = list(passages(document))
    hidden = list(_hidden(said, redaction))
    gone = {one.owner for one, _ in hidden}
    if redaction.mode is Mode.DROP and findings:
        gone |= _owners_of({finding.rule.placeholder for finding in findings}, said, document)
    remarks = _remarks(
        [(finding, _DONE[redaction.mode]) for finding in findings] + [(one, _HIDDEN) for _, one in hidden]
    )
    return replace(_without(document, gone, redaction), remarks=(*document.remarks, *remarks))


def _hidden(said: list[Passage], redaction: Redaction) -> Iterator[tuple[Passage, Finding]]:
    """Yield what only the parsed note shows."""
    text = "\n".join(one.text.replace("\n", " ") for one in said)
    for finding in mask(text, allowed(redaction.allow)).findings:
        one = said[finding.line - 1]
        yield one, Finding(finding.rule, one.line)


def _owners_of(placeholders: set[str], said: list[Passage], document: Document) -> set[int]:
    def holds(text: str) -> bool:
        return any(placeholder in text for placeholder in placeholders)

    return {one.owner for one in said if holds(one.text)} | {
        number for number, section in enumerate(document.sections) if holds(section.source)
    }


def _without(document: Document, gone: set[int], redaction: Redaction) -> Document:
    if NOTE in gone:
        title = mask(document.title, allowed(redaction.allow)).text
        return replace(document, title=title, metadata={}, sections=())
    sections = tuple(section for number, section in enumerate(document.sections) if number not in gone)
    return replace(document, metadata={} if HEAD in gone else document.metadata, sections=sections)


def _remarks(findings: list[tuple[Finding, str]]) -> Iterator[Remark]:
    """Yield a remark for each rule and line; of very many, the first and how many more there are."""
    for finding, done in findings[:MAX_REMARKS]:
        told = f"Holds what looks like {finding.rule.name} (rule {finding.rule.id}): {done} {_HINT}"
        yield Remark("secret", told, finding.line)
    if more := findings[MAX_REMARKS:]:
        yield Remark("secret", f"From here on it holds {len(more)} more that look like secrets.", more[0][0].line)


_DONE = {Mode.DROP: "what stands around it gives no pairs.", Mode.MASK: "it is masked."}
_HIDDEN = "what stands around it gives no pairs; the value shows only once the markdown is read."
_HINT = "If it is harmless, name it in `allow` under [redact]."
