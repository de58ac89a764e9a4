#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Makes C of the page: page.html with the files that it includes, cut in two where the data goes.
#
#   assemble.sh >html_page.inc
set -eu
cd "$(dirname "$0")"

# A file that is named stands in place of the line that names it.
page=$(awk '/^<!-- include: / {
	while ((got = (getline line < $3)) > 0)
		print line
	if (got < 0) {
		print "assemble.sh: " $3 " cannot be read" >"/dev/stderr"
		exit 1
	}
	next
} { print }' page.html)

array() {
	printf 'static const unsigned char %s[] = {\n' "$1"
	od -An -v -tu1 | sed 's/ *\([0-9][0-9]*\)/\1,/g'
	printf '};\n'
}

printf '%s\n' "$page" | sed '/^<!-- data -->$/,$d' | array html_page_begin
printf '%s\n' "$page" | sed '1,/^<!-- data -->$/d' | array html_page_end
