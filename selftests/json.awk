# SPDX-License-Identifier: GPL-2.0
# Checks that the input is one JSON value and nothing else, and prints what is
# in it, a line each: "heaps/0/name default". Numbers are integers here.

function bad(why)
{
	print "not JSON at byte " at ": " why >"/dev/stderr"
	failed = 1
	exit 1
}

function blanks()
{
	while (substr(text, at, 1) ~ /^[ \t\n\r]$/)
		at++
}

function string(   start)
{
	if (substr(text, at, 1) != "\"")
		bad("no string")
	start = ++at
	while (substr(text, at, 1) != "\"") {
		if (at > length(text) || substr(text, at, 1) == "\n")
			bad("a string without its end")
		at += substr(text, at, 1) == "\\" ? 2 : 1
	}
	return substr(text, start, at++ - start)
}

function member(path, separator)
{
	return path == "" ? separator : path "/" separator
}

function object(path,   key)
{
	blanks()
	if (substr(text, at, 1) == "}") {
		at++
		return
	}
	for (;;) {
		blanks()
		key = string()
		if ((member(path, key)) in seen)
			bad("key " key " twice")
		seen[member(path, key)] = 1
		blanks()
		if (substr(text, at++, 1) != ":")
			bad("no colon")
		value(member(path, key))
		blanks()
		if (substr(text, at, 1) == "}") {
			at++
			return
		}
		if (substr(text, at++, 1) != ",")
			bad("no comma")
	}
}

function array(path,   n)
{
	n = 0
	blanks()
	if (substr(text, at, 1) == "]") {
		at++
		return
	}
	for (;;) {
		value(member(path, n++))
		blanks()
		if (substr(text, at, 1) == "]") {
			at++
			return
		}
		if (substr(text, at++, 1) != ",")
			bad("no comma")
	}
}

function value(path,   c)
{
	blanks()
	c = substr(text, at, 1)
	if (c == "{") {
		at++
		object(path)
	} else if (c == "[") {
		at++
		array(path)
	} else if (c == "\"") {
		print path " " string()
	} else if (match(substr(text, at, 32), /^-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?/)) {
		print path " " substr(text, at, RLENGTH)
		at += RLENGTH
	} else if (match(substr(text, at, 5), /^(true|false|null)/)) {
		print path " " substr(text, at, RLENGTH)
		at += RLENGTH
	} else {
		bad("no value")
	}
}

{
	text = text $0 "\n"
}

END {
	if (failed)
		exit 1
	at = 1
	value("")
	blanks()
	if (at <= length(text))
		bad("something behind the value")
}
