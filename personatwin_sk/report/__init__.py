"""The report of a release: one HTML file that needs nothing else. Needs the extra ``report``."""

from personatwin_sk.report._render import render_report, require_extra
from personatwin_sk.report._shareable import shareable_figures, smallest_count

__all__ = ["render_report", "require_extra", "shareable_figures", "smallest_count"]
