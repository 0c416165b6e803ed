// SPDX-License-Identifier: GPL-2.0
// Lists what a module's code does with pointers, for origins.py: calls, assignments,
// results, and the functions that it defines. port.sh runs it:
//
//	out	the list, one JSON object a line


@initialize:python@
out << virtual.out;
@@
import json
sheet = open(out, "a")

def put(kind, p, **more):
    p = p[0]
    more.update(kind=kind, file=p.file, line=int(p.line), column=int(p.column),
                function=p.current_element)
    more["end"] = p.current_element_line_end
    sheet.write(json.dumps(more, default=str) + "\n")

@call@
identifier fn;
expression list es;
position p;
@@
fn@p(es)

@script:python@
fn << call.fn;
es << call.es;
p << call.p;
@@
put("call", p, name=str(fn), arguments=str(es))

@assign@
expression e1, e2;
position p;
@@
e1@p = e2

@script:python@
e1 << assign.e1;
e2 << assign.e2;
p << assign.p;
@@
put("assign", p, to=e1, of=e2)

@init@
type T;
identifier x;
expression e;
position p;
@@
T x@p = e;

@script:python@
x << init.x;
e << init.e;
p << init.p;
@@
put("assign", p, to=x, of=e)

@ret@
expression e;
position p;
@@
return@p e;

@script:python@
e << ret.e;
p << ret.p;
@@
put("return", p, of=e)

@def@
identifier fn;
parameter list ps;
position p;
@@
fn@p(ps) { ... }

@script:python@
fn << def.fn;
ps << def.ps;
p << def.p;
@@
put("function", p, name=fn, parameters=ps)

@finalize:python@
@@
sheet.close()
