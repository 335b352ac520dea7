"""A forecast as one self-contained HTML file that needs no network and no script."""

from deploysim.report.document import Example, Provenance, report_html

__all__ = ["Example", "Provenance", "report_html"]
