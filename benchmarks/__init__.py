"""Benchmarks of the merge against its peers, and over commits.

::

    pip install -e ".[bench]"
    python -m benchmarks.merging --quick           # PersonaMerger alone, to 100,000 people
    python -m benchmarks.merging --peers           # against its peers, to 1,000,000
    python -m benchmarks.merging --peers --full    # to 10,000,000, twenty splits for the models

It prints Markdown tables and which bars (``bars.py``) are met, and exits 1 if one is missed.
``--datasets adult,census`` picks some, ``--merger '{"refine": 0}'`` sets parameters, ``--json
FILE`` keeps the raw figures. Data: ``$PERSONATWIN_TEST_DATA``, or ``../shared/data`` beside the
repository. Environments of peers are kept in ``$PERSONATWIN_BENCHMARK_CACHE``
(``~/.cache/personatwin-benchmarks``).

- ``metrics.py`` measures every method alike, from the original values inside each distinct
  released row, and imports nothing of the package; ``mdav.py`` is the textbook MDAV, held to
  published figures.
- ``peers/`` has a script per peer that reads a CSV and writes what the peer released; who is
  missing there was suppressed. Each is used as its documentation says; what was done in its
  favour, or could not be done, stands at the top of its script.
- The model: scikit-learn's HistGradientBoostingClassifier at its defaults learns ``salary-class``
  from the eight key variables and hours-per-week of 70 % of Adult, released at k = 5, and is
  tested on the other 30 % as they are. Where a peer gives intervals, class medians and modes stand
  for them.
- ``bench_merging.py`` follows time, memory and loss over commits:
  ``asv run --config benchmarks/asv.conf.json``.
"""
