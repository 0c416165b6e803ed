#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What the demo records: file trees, processes, pipes and sockets. Part of the
# tree stays, so that there is something live at the end.
set -e

demo=/tmp/demo
mkdir -p $demo/tree $demo/copy
./load files $demo/tree 8000
./load links $demo/tree 8000
./load sockets 300
./load processes 400

cp -r $demo/tree/1? $demo/copy
find $demo -name '*-7' | wc -l
grep -r nothing-like-this $demo/copy || true
tar -c -C $demo/copy . | gzip -1 | wc -c
tar -c -C $demo/copy . | tar -x -C $demo
rm -r $demo/copy

for _ in $(seq 40); do
	seq 100 | sort -r | head -n 1 | cat >$demo/sorted
done
find $demo -size +0 | wc -l
rm -r $demo/tree/[2-6]?
