# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The outcomes for people: a line for each program, and confusion matrices."""

from dataclasses import asdict, dataclass

MODELS = ("blocking", "nonblocking", "select", "poll", "epoll", "signal_driven", "posix_aio",
          "linux_aio", "io_uring", "mmap", "compute", "none", "mixed", "unknown")
NO_MODEL = ("mixed", "unknown")


@dataclass(frozen=True)
class Result:
    """A program, and what became of it."""
    program: object
    outcome: object     # None: it could not be run
    attempts: int
    failure: str

    def is_right(self):
        """Is the model the label?"""
        return self.outcome is not None and self.outcome.model == self.program.model

    def is_wrong(self):
        """Is it another one? `mixed` and `unknown` are none."""
        return (self.outcome is not None and not self.is_right()
                and self.outcome.model not in NO_MODEL)

    def failed(self):
        """Does it make the exit status 1? What is not installed does not."""
        return self.is_wrong() or (self.outcome is None and self.attempts > 0)

    def as_dict(self):
        """For JSON."""
        return {"name": self.program.name, "held_out": self.program.held_out,
                "model": self.program.model, "structure": self.program.structure or None,
                "outcome": asdict(self.outcome) if self.outcome else None,
                "attempts": self.attempts, "failure": self.failure or None}


def labels(selected):
    """The table of programs."""
    return [f"{program.name:22} {program.model:14} {program.structure:24}"
            f"{'held out' if program.held_out else ''}".rstrip() for program in selected]


def mark(result):
    """In one word, how it went."""
    if result.outcome is None:
        return "failed" if result.attempts else "skipped"
    if result.is_right():
        return "right"
    return "WRONG" if result.is_wrong() else result.outcome.model


def line(result):
    """One program."""
    program, outcome = result.program, result.outcome
    text = f"{program.name:22} {program.model:14} {mark(result):8}"
    if outcome is None:
        return f"{text} {result.failure}"
    said = outcome.model + (f" {outcome.share:.0%}" if outcome.share is not None else "")
    structure = outcome.structure
    if program.structure and outcome.structure not in program.structure.split():
        structure += f" (not {program.structure})"
    text = f"{text} {said:18} {structure:44}"
    if outcome.model == "unknown":
        text += f" {outcome.reason}"
    return text.rstrip()


def matrix(results):
    """Labels by outcomes; only rows and columns that have something in them."""
    counted = [result for result in results if result.outcome]
    rows = [model for model in MODELS
            if any(result.program.model == model for result in counted)]
    columns = [model for model in MODELS
               if any(result.outcome.model == model for result in counted)]
    lines = [" " * 14 + "".join(f"{name:>{len(name) + 2}}" for name in columns)]
    for row in rows:
        text = f"{row:14}"
        for column in columns:
            number = sum(1 for result in counted
                         if result.program.model == row and result.outcome.model == column)
            text += f"{number or '.':>{len(column) + 2}}"
        lines.append(text)
    return lines


def summary(title, results):
    """How many were right, in one line."""
    counted = [result for result in results if result.outcome]
    right = sum(result.is_right() for result in counted)
    wrong = sum(result.is_wrong() for result in counted)
    structured = [result for result in counted if result.program.structure]
    shaped = sum(result.outcome.structure in result.program.structure.split()
                 for result in structured)
    return (f"{title}: {right} of {len(counted)} right, {wrong} wrong, "
            f"{len(counted) - right - wrong} mixed or unknown; structure: {shaped} of "
            f"{len(structured)} right; not run: {len(results) - len(counted)}")


def blocks(results):
    """The whole report."""
    tuned = [result for result in results if not result.program.held_out]
    held_out = [result for result in results if result.program.held_out]
    for title, part in (("Programs that the thresholds were chosen with", tuned),
                        ("Programs that were held out", held_out)):
        if part:
            yield [f"{title}:", *map(line, part)]
            yield ["Labels (rows) and outcomes:", *matrix(part), "",
                   summary("models", part)]
