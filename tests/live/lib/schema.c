// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "tests/live/lib/schema.h"

/* Says nothing if all documents are valid, else what is wrong and where. Of a .jsonl each line is
 * one. */
static const char validator[] =
	"import json, sys, jsonschema\n"
	"schema = json.load(open(sys.argv[1]))\n"
	"jsonschema.Draft7Validator.check_schema(schema)\n"
	"bad = False\n"
	"for name in sys.argv[2:]:\n"
	"    whole = not name.endswith('.jsonl')\n"
	"    texts = [open(name).read()] if whole else open(name).readlines()\n"
	"    check = jsonschema.Draft7Validator(schema).iter_errors\n"
	"    errors = [e for text in texts for e in check(json.loads(text))]\n"
	"    for e in errors[:5]:\n"
	"        print('/'.join(map(str, e.absolute_path)) + ': ' + e.message[:200])\n"
	"    bad = bad or bool(errors)\n"
	"sys.exit(1 if bad else 0)\n";

int schema__validate(struct program **program, const char *schema, const char *document)
{
	return program__run(program,
			    WORDS("/usr/bin/python3", "-c", validator,
				  live__source(live__text("docs/%s", schema)), document),
			    60000);
}

void schema__check(const char *schema, const char *document)
{
	struct program *program;

	if (schema__validate(&program, schema, document) != 0)
		live__fail("not as the schema has it: %s%s", program__output(program),
			   program__errors(program));
}
