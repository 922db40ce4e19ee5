"""What people look at: the report of a run, and the page on which they review doubtful links. Never imports Prefect.

report.py   render_report: one self-contained HTML file
data.py     the rows that the page's script searches, as columns
changes.py  what is new, lost and changed since the run before
charts.py   inline SVG
page.py     templates, content security policy, JSON inside HTML
server.py   the review page's service
pages/      HTML, CSS and JavaScript as files
"""
