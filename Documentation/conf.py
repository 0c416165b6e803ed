# SPDX-License-Identifier: GPL-2.0
"""Configuration of Sphinx; tools/docs.sh runs it."""

from docutils import nodes
from sphinx import addnodes

project = 'kspan'
root_doc = 'index'
extensions = ['sphinx.ext.mathjax']
exclude_patterns = ['generated']
html_theme = 'alabaster'
html_theme_options = {'description': "heaps for kernel code"}
html_show_copyright = False
html_copy_source = False
smartquotes = False
highlight_language = 'none'

# Words of the header that the C parser of Sphinx does not know.
c_id_attributes = ['__kspan_direct', '__user']


def link_documents(app, doctree):
    """Makes `x.rst <x.rst>`_, which a web forge understands, a link to x.

    Sphinx then warns of a link to a document that does not exist.
    """
    for reference in list(doctree.findall(nodes.reference)):
        name, _, anchor = reference.get('refuri', '').partition('#')
        if not name.endswith('.rst') or '://' in name or anchor:
            continue
        link = addnodes.pending_xref(
            '', *reference.children, refdomain='std', reftype='doc',
            reftarget=name[:-len('.rst')], refexplicit=True,
            refdoc=app.env.docname, refwarn=True)
        link.line = reference.line
        reference.replace_self(link)


def setup(app):
    app.connect('doctree-read', link_documents)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
