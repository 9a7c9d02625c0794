"""What a worker process does with one note: read, parse, curate. The only place where notes meet the CPU."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING

from curatord.curate.context import context_of
from curatord.curate.curate import curate_head, curate_section, head_key, languages, section_key
from curatord.curate.redact.note import clean, clear
from curatord.curate.redact.turns import turn_remarks, without_turns
from curatord.daemon.refused import dropped_from
from curatord.daemon.task import Examined, Task, failed
from curatord.memory.document import Lines
from curatord.memory.note import NoteProblem, character_count, parse_note
from curatord.memory.reader import ReadProblem, read_file
from curatord.store.records import DocumentRecord, Outcome, ProblemRecord, SectionRecord
from curatord.store.rows import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from curatord.curate.context import Context
    from curatord.memory.document import Document, Remark

_REFUSAL = re.compile(
    rb"^[ \t]*[\"']?curate[\"']?[ \t]*[:=][ \t]*[\"']?(?:false|no|off)\b", re.IGNORECASE | re.MULTILINE
)


def examine(task: Task) -> Examined:
    """Read, parse and curate one note; every trouble with it is told in the result."""
    found = _read(task)
    if isinstance(found, Examined):
        return found
    document, content, problems = found
    return Examined(Outcome.DOCUMENT, "", content, _record(document, task), problems)


def review(task: Task) -> Examined:
    """Read, parse and curate one note for what is refused in it, and tell that alone."""
    found = _read(task)
    if isinstance(found, Examined):
        return found
    document, content, _ = found
    return Examined(Outcome.DOCUMENT, "", content, dropped=tuple(dropped_from(document, task.options)))


def _read(task: Task) -> Examined | tuple[Document, str, tuple[ProblemRecord, ...]]:
    """Return a note's document, the hash of its bytes, and its problems; or why there is nothing to curate."""
    try:
        data = read_file(task.file, max_bytes=task.max_bytes)
    except ReadProblem as problem:
        return failed(task, problem.code, str(problem))
    content = hashlib.sha256(data).hexdigest()
    if content == task.content:
        return Examined(Outcome.DOCUMENT, content=content, unchanged=True)
    cleaned = clean(data, task.redaction)
    try:
        document = parse_note(cleaned.data, root=task.root, path=task.path, kind=task.kind)
    except NoteProblem as problem:
        return failed(task, problem.code, str(problem), content)
    if reason := _why_skipped(document, cleaned.data, task):
        return Examined(Outcome.SKIPPED, reason, content, problems=_problems(document.remarks, task))
    turns = turn_remarks(document)
    document = clear(document, cleaned.findings, task.redaction)
    return document, content, _problems((*document.remarks, *turns), task)


def _problems(remarks: Iterable[Remark], task: Task) -> tuple[ProblemRecord, ...]:
    return tuple(ProblemRecord(task.root, task.path, remark.code, remark.message, remark.line) for remark in remarks)


def _why_skipped(document: Document, data: bytes, task: Task) -> str:
    if _refuses(document.metadata.get("curate")):
        return "its frontmatter says `curate: false`"
    if _refuses_in_broken_head(document, data):
        return "its frontmatter is broken, and seems to say `curate: false`"
    if character_count(document) < task.min_characters:
        return f"under {task.min_characters} characters"
    if document.language not in languages():
        return f"no phrasings for language {document.language!r}"
    return ""


def _refuses(value: object) -> bool:
    """Tell whether a value means false; in quotes it is text to YAML, and still says what its writer wants."""
    return value is False or (isinstance(value, str) and value.strip().lower() in {"false", "no", "off"})


def _refuses_in_broken_head(document: Document, data: bytes) -> bool:
    """Fail closed: who wanted a note left out must not have it learned because of a mistake on another line."""
    is_broken = any(remark.code.startswith("head_") for remark in document.remarks)
    return is_broken and _REFUSAL.search(data) is not None


def _record(document: Document, task: Task) -> DocumentRecord:
    context = context_of(document)
    return DocumentRecord(
        root=document.root,
        path=document.path,
        kind=document.kind,
        title=document.title,
        language=document.language,
        date=context.date,
        words=sum(len(section.source.split()) for section in document.sections),
        sections=tuple(_sections(document, context, task)),
    )


def _sections(document: Document, context: Context, task: Task) -> Iterator[SectionRecord]:
    known = Counter(task.known_keys)
    if document.metadata:
        key = head_key(context, document.metadata, task.options)
        head = None if _take(known, key) else without_turns(curate_head(context, document.metadata, task.options))
        yield SectionRecord(key, (), document.metadata_lines or Lines(1, 1), rows_of(head) if head else None)
    for section in document.sections:
        key = section_key(context, section, task.options)
        body = None if _take(known, key) else without_turns(curate_section(context, section, task.options))
        yield SectionRecord(key, section.heading_path, section.lines, rows_of(body) if body else None)


def _take(known: Counter[str], key: str) -> bool:
    known[key] -= 1
    return known[key] >= 0
