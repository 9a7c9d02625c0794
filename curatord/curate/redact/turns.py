"""Text that a chat template takes for the end of one turn and the beginning of another.

A tokenizer turns `<|im_end|>` into the token that ends a turn wherever it stands, so a note that quotes one could close
the user's question and speak as the assistant. Escaping would teach a spelling that is wrong, and a note may escape
what it likes itself; so the pairs that hold such text are refused, and the note keeps all its others.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from curatord.curate.pair import Dropped, Refusal
from curatord.curate.redact.passages import passages
from curatord.memory.document import Remark

if TYPE_CHECKING:
    from curatord.curate.pair import Curated
    from curatord.memory.document import Document

MAX_REMARKS = 100


def without_turns(curated: Curated) -> Curated:
    """Return the facts and pairs in which nothing can be taken for a turn.

    A pair stays without its rejected answer where only that is refused, a fact without the siblings that are; a fact
    goes with the last of its pairs.
    """
    refused = _refused(curated)
    if not refused:
        return curated
    facts = {fact.id: fact for fact in curated.facts if refused.isdisjoint({fact.subject, fact.statement, *fact.keys})}
    pairs = tuple(
        pair if pair.rejected is None or pair.rejected.answer not in refused else replace(pair, rejected=None)
        for pair in curated.pairs
        if pair.fact in facts and refused.isdisjoint({pair.question, pair.answer})
    )
    asked = {pair.fact for pair in pairs}
    kept = (
        replace(fact, siblings=tuple(sibling for sibling in fact.siblings if sibling not in refused))
        for fact in facts.values()
        if fact.id in asked
    )
    stay = {pair.id for pair in pairs}
    lines = {fact.id: fact.lines for fact in curated.facts}
    told = tuple(one for one in curated.dropped if not _TURN.search(f"{one.question}\n{one.answer}"))
    gone = (Dropped(Refusal.CHAT_TOKEN, "", "", lines[pair.fact]) for pair in curated.pairs if pair.id not in stay)
    return replace(curated, facts=tuple(kept), pairs=pairs, dropped=(*told, *gone))


def turn_mark(text: str) -> str | None:
    """Return the first thing in a text that a chat template marks turns with, or None."""
    found = _TURN.search(text)
    return found[0].strip() if found else None


def turn_remarks(document: Document) -> tuple[Remark, ...]:
    """Return a remark with the code "chat_token" for each such text and line of a note, a hundred at most."""
    found = {(one.line, match[0].strip()): None for one in passages(document) for match in _TURN.finditer(one.text)}
    return tuple(
        Remark("chat_token", f"Holds `{text}`, which chat templates mark turns with: no pair with it is kept.", line)
        for line, text in list(found)[:MAX_REMARKS]
    )


def _refused(curated: Curated) -> set[str]:
    """Return the texts among facts and pairs that hold a mark; many pairs share an answer, so each is read once."""
    texts = {text for fact in curated.facts for text in (fact.subject, fact.statement, *fact.keys, *fact.siblings)}
    texts.update(text for pair in curated.pairs for text in (pair.question, pair.answer))
    texts.update(pair.rejected.answer for pair in curated.pairs if pair.rejected)
    joined = "\n".join(texts)
    if not any(literal in joined for literal in _LITERALS):
        return set()
    return {text for text in texts if _TURN.search(text)}


# ChatML and all that took its form over (Qwen, Llama 3, Phi, Granite, gpt-oss; DeepSeek with wide bars), Llama 2 and
# Mistral, Gemma, reasoning and tool marks, sentence ends, and the roles of Alpaca's, Vicuna's and Anthropic's old forms
_TURN = re.compile(
    r"<[|\uff5c][\w\u2581]{1,40}[|\uff5c]>|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|gMASK)\]"
    r"|<</?SYS>>|</?(?:s|bos|eos|pad|unk|think|tool_call|tool_response|start_of_turn|end_of_turn|turn|sop|eop)>"
    r"|(?im:^[ \t>]*#{2,6}[ \t]*(?:assistant|user|human|system|instruction|response|input)[ \t]*:)"
    r"|(?m:^[ \t>]*(?:Human|Assistant|USER|ASSISTANT|SYSTEM)[ \t]*:[ \t])|(?:USER|ASSISTANT):[ \t]"
)
# one of these stands in every mark
_LITERALS = (
    *("<|", "<\uff5c", "[/", "[INST", "[SYSTEM", "[AVAIL", "[TOOL", "[gM", "SYS>>", "##", "Human", "Assistant"),
    *("USER", "ASSISTANT", "SYSTEM", "s>", "pad>", "unk>", "think>", "tool_", "turn>", "op>"),
)
