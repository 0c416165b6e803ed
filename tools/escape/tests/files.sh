#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Summaries go from file to file until none is news: three files, of which each calls
# the next. What was found out is enough for another build.
set -u
cd "$(dirname "$0")" || exit
export LC_ALL=C
CC=${CC:-gcc}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cat >"$scratch/a.c" <<'EOF'
void *kmalloc(unsigned long size, unsigned int flags);
void second(char *p);
void first(void);
void first(void)
{
	second(kmalloc(64, 0));
}
EOF
cat >"$scratch/b.c" <<'EOF'
void third(char *p);
void second(char *p);
void second(char *p)
{
	third(p);
}
EOF
cat >"$scratch/c.c" <<'EOF'
void kfree(const void *p);
void third(char *p);
void third(char *p)
{
	kfree(p);
}
EOF
echo "KTAP version 1"
if [[ ! -e $($CC -print-file-name=plugin)/include/gcc-plugin.h ]]; then
	echo "1..0 # SKIP no gcc plugin headers"
	exit 0
fi
echo "1..2"
status=0
escape=$(realpath ../kspan-escape)
cd "$scratch" || exit
# shellcheck disable=SC2016 # of the shell that is run
"$escape" --compiler "$CC" -- sh -c \
	'for file in a b c; do "$0" $KCFLAGS -c $file.c || exit; done' "$CC" \
	>said 2>errors
sed 's/^/# /' said errors
text="kmalloc(64) does not escape, freed here on every path, freed by callee"
if [[ $(cut -d ' ' -f 2- said) == "$text" ]]; then
	echo "ok 1 through three files"
else
	echo "not ok 1 through three files"
	status=1
fi

cat >a.c <<'EOF'
void *kmalloc(unsigned long size, unsigned int flags);
void kfree(const void *p);
int second(char *p);
int first(void);
int first(void)
{
	char *p = kmalloc(64, 0);
	int ret = p ? second(p) : -1;

	kfree(p);
	return ret;
}
EOF
cat >b.c <<'EOF'
int second(char *p);
int second(char *p)
{
	return *p;
}
EOF
# said_with FILE.c ...: what is placed
said_with()
{
	# shellcheck disable=SC2016 # of the shell that is run
	"$escape" --compiler "$CC" --known known --place slot -- sh -c \
		'for file; do "$0" $KCFLAGS -c $file || exit; done' "$CC" "$@" \
		2>>errors | cut -d ' ' -f 2-
}
: >errors
said_with a.c b.c >said
# b.c is not looked at again
said_with a.c >>said
sed 's/^/# /' said errors
cat >wanted <<'EOF'
kmalloc(64) does not escape, freed here on every path
kmalloc(64) placed in a slot
kmalloc(64) placed in a slot
EOF
if cmp -s said wanted; then
	echo "ok 2 known from the build before"
else
	echo "not ok 2 known from the build before"
	status=1
fi
exit $status
