"""Write trl_vectors.json: what TRL's own trainer computes on a tiny model, for test_losses.py to compare with.

Nothing runs it but whoever wants other vectors. It takes two environments of its own, both on the CPU:

    pip install torch==2.13.0 trl==1.16.0;                    python make_trl_vectors.py trainer trl_vectors.json
    pip install torch==2.15.0 trl==0.28.0 'transformers<5';   python make_trl_vectors.py conservative trl_vectors.json

The first drives a real `DPOTrainer`: its tokenizing, collating, forward passes and losses. The second adds the
conservative (label smoothing) sigmoid loss, which `DPOTrainer.dpo_loss` had up to 0.28.
"""

# what this imports is not installed where types are checked
# mypy: disable-error-code="import-not-found,no-untyped-call"

from __future__ import annotations

import json
import sys
import tempfile
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
import transformers
import trl

WORDS = ["<pad>", "<eos>", "moss", "fern", "seed", "jar", "cold", "dry", "lid", "room"]
# a prompt and two answers each; TRL puts them together as they stand, and adds the end of the text
ROWS = [
    ("moss fern", " seed jar cold", " lid"),
    ("fern", " dry dry", " room cold moss lid"),
    ("jar lid seed", " cold", " dry"),
    ("room", " moss seed fern lid", " moss seed jar lid"),
]
KINDS = ("sigmoid", "ipo", "hinge")
BETAS = (0.1, 0.7)
SFT_WEIGHT = 0.3
SMOOTHINGS = (0.1, 0.3)


def main() -> None:
    """Make the part of the vectors named on the command line."""
    part, path = sys.argv[1], Path(sys.argv[2])
    vectors = trainer_vectors() if part == "trainer" else json.loads(path.read_text())
    if part == "conservative":
        vectors["conservative"] = {"versions": versions(), "cases": conservative_cases()}
    path.write_text(json.dumps(rounded(vectors), separators=(",", ":")).replace("},{", "},\n{") + "\n")


def trainer_vectors() -> dict[str, Any]:
    """Run a trainer for each kind, beta, order of the answers, and with or without the SFT term."""
    cases = [
        one_case(kind, beta, swapped=swapped, sft_weight=sft_weight)
        for kind, beta, swapped, sft_weight in product(KINDS, BETAS, (False, True), (0.0, SFT_WEIGHT))
        if not (swapped and sft_weight)
    ]
    shown = one_batch(trainer(KINDS[0], BETAS[0], swapped=False, sft_weight=0.0, folder=tempfile.mkdtemp()))
    return {"versions": versions(), **shown, "cases": cases}


def one_case(kind: str, beta: float, *, swapped: bool, sft_weight: float) -> dict[str, Any]:
    """Take loss, gradients and mean rewards of the whole batch, and the loss of each pair as a batch of its own."""
    with tempfile.TemporaryDirectory() as folder:
        made = trainer(kind, beta, swapped=swapped, sft_weight=sft_weight, folder=folder)
        hidden: list[torch.Tensor] = []
        hook = made.model.model.norm.register_forward_hook(lambda _module, _given, made: hidden.append(made))
        inputs = batch(made, range(len(ROWS)))
        loss = made.compute_loss(made.model, inputs)
        hidden[0].retain_grad()
        loss.backward()
        hook.remove()
        metrics = {name: values[-1] for name, values in made._metrics["train"].items()}
        return {
            "kind": kind,
            "beta": beta,
            "swapped": swapped,
            "sft_weight": sft_weight,
            "loss": loss.item(),
            "losses": [made.compute_loss(made.model, batch(made, [row])).item() for row in range(len(ROWS))],
            "head_gradient": made.model.lm_head.weight.grad.tolist(),
            "hidden_gradient": supervised(hidden[0].grad, inputs).tolist(),
            "reward_chosen": metrics["rewards/chosen"],
            "reward_rejected": metrics["rewards/rejected"],
            "margin": metrics["rewards/margins"],
        }


def one_batch(made: Any) -> dict[str, Any]:  # noqa: ANN401  TRL is not installed where types are checked
    """Take what goes into the losses: at every supervised position the row, the target, hidden state and logits."""
    inputs = batch(made, range(len(ROWS)))
    mask = inputs["completion_mask"][:, 1:].bool()
    read = {"input_ids": inputs["input_ids"], "attention_mask": inputs["attention_mask"]}
    with torch.no_grad():
        hidden = made.model.model(**read).last_hidden_state
        reference = made.ref_model(**read).logits
    return {
        "rows": mask.nonzero()[:, 0].tolist(),
        "targets": inputs["input_ids"][:, 1:][mask].tolist(),
        "head": made.model.lm_head.weight.tolist(),
        "hidden": supervised(hidden, inputs).tolist(),
        "reference_logits": supervised(reference, inputs).tolist(),
    }


def conservative_cases() -> list[dict[str, Any]]:
    """Ask `dpo_loss` for losses of given log-probabilities, and for the gradients of their sum."""
    generator = torch.Generator().manual_seed(3)
    sums = [(-12 * torch.rand(8, generator=generator)).requires_grad_() for _ in range(4)]
    cases = []
    for beta, smoothing in product(BETAS, SMOOTHINGS):
        settings = SimpleNamespace(
            accelerator=SimpleNamespace(device="cpu"),
            beta=beta,
            label_smoothing=smoothing,
            reference_free=False,
            f_divergence_type="reverse_kl",
        )
        losses, chosen, rejected = trl.DPOTrainer.dpo_loss(settings, *sums, loss_type="sigmoid")
        gradients = torch.autograd.grad(losses.sum(), sums[:2])
        cases.append(
            {
                "beta": beta,
                "label_smoothing": smoothing,
                "sums": [each.tolist() for each in sums],
                "losses": losses.tolist(),
                "gradients": [each.tolist() for each in gradients],
                "rewards": [chosen.tolist(), rejected.tolist()],
            }
        )
    return cases


def trainer(kind: str, beta: float, *, swapped: bool, sft_weight: float, folder: str) -> Any:  # noqa: ANN401  as above
    """Set up TRL's trainer on a policy that has moved away from its reference."""
    from datasets import Dataset  # noqa: PLC0415  comes with TRL

    names = ("prompt", "rejected", "chosen") if swapped else ("prompt", "chosen", "rejected")
    return trl.DPOTrainer(
        model=model(moved=0.3),
        ref_model=model(moved=0.0),
        args=trl.DPOConfig(
            output_dir=folder,
            loss_type=[kind, "sft"] if sft_weight else [kind],
            loss_weights=[1.0, sft_weight] if sft_weight else [1.0],
            beta=beta,
            use_cpu=True,
            bf16=False,
            report_to="none",
            gradient_checkpointing=False,
            disable_tqdm=True,
        ),
        train_dataset=Dataset.from_list([dict(zip(names, row, strict=True)) for row in ROWS]),
        processing_class=tokenizer(),
    )


def batch(made: Any, rows: Any) -> Any:  # noqa: ANN401  as above
    """Collate some rows as the trainer's loader does."""
    return made.data_collator([made.train_dataset[row] for row in rows])


def model(moved: float) -> Any:  # noqa: ANN401  as above
    """Make the reference, or the policy: the reference with noise of deviation `moved` on its weights."""
    config = transformers.LlamaConfig(
        vocab_size=len(WORDS),
        hidden_size=4,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=32,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=None,
    )
    made = transformers.LlamaForCausalLM(config).float()
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for _, weight in sorted(made.named_parameters()):
            weight.copy_(torch.randn(weight.shape, generator=generator) * 0.8)
            weight.add_(torch.randn(weight.shape, generator=generator) * moved)
    return made


def tokenizer() -> Any:  # noqa: ANN401  as above
    """Make a tokenizer that knows a few words."""
    from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: PLC0415  comes with TRL

    words = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token=WORDS[0]))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return transformers.PreTrainedTokenizerFast(tokenizer_object=words, pad_token=WORDS[0], eos_token=WORDS[1])


def supervised(values: Any, inputs: Any) -> Any:  # noqa: ANN401  as above
    """Pick the positions whose next token belongs to an answer."""
    return values[:, :-1][inputs["completion_mask"][:, 1:].bool()]


def versions() -> dict[str, str]:
    """Name what computes."""
    return {"trl": trl.__version__, "torch": torch.__version__, "transformers": transformers.__version__}


def rounded(value: Any) -> Any:  # noqa: ANN401  any JSON
    """Round to nine significant digits, which tell every float32 apart."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}
    return [rounded(each) for each in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
