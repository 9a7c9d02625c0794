// Runs before anything is painted, so that a chosen theme does not flash in the other one first.
{
  const chosen = /(?:^|; )curatord-theme=(light|dark)/.exec(document.cookie);
  if (chosen) document.documentElement.dataset.theme = chosen[1];
}
