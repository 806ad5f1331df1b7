"""Checks the built site: python3 check.py SOURCE SITE

Every page is in the table of contents, and every link to the site itself leads to a page and a
heading that exist. Links to other sites are not followed.
"""

import pathlib
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

# Made by mdBook: the contents of the sidebar for browsers without scripts, everything on one page,
# and the page for addresses that don't exist.
MADE = {"toc.html", "print.html", "404.html"}


class Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("id", "name") and tag != "meta":
                self.anchors.add(value)
            if name in ("href", "src") and tag in ("a", "img", "link", "script"):
                self.links.append(value)


def main():
    source, site = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    errors = []
    for file in source.rglob("*.md"):
        page = site / file.relative_to(source).with_suffix(".html")
        if file.name != "SUMMARY.md" and not page.exists():
            errors.append(f"{file.relative_to(source)} is not in docs/book/SUMMARY.md")
    pages = {path: Page(path.read_text()) for path in site.rglob("*.html") if path.name not in MADE}
    links = 0
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            links += 1
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if site not in [target, *target.parents] or not target.is_file():
                errors.append(f"{path.relative_to(site)}: {link} does not exist")
            elif parts.fragment and unquote(parts.fragment) not in pages[target].anchors:
                errors.append(f"{path.relative_to(site)}: {link} names a heading that does not exist")
    for error in sorted(set(errors)):
        print(error, file=sys.stderr)
    print(f"{len(pages)} pages, {links} links to each other")
    sys.exit(1 if errors else 0)


main()
