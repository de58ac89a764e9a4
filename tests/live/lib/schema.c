// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>
#include <unistd.h>

#include "tests/live/lib/schema.h"

/* Says nothing if all documents are valid, else what is wrong and where. */
static const char validator[] =
	"import json, sys, jsonschema\n"
	"schema = json.load(open(sys.argv[1]))\n"
	"jsonschema.Draft7Validator.check_schema(schema)\n"
	"bad = False\n"
	"for name in sys.argv[2:]:\n"
	"    errors = list(jsonschema.Draft7Validator(schema).iter_errors(json.load(open(name))))\n"
	"    for e in errors[:5]:\n"
	"        print('/'.join(map(str, e.absolute_path)) + ': ' + e.message[:200])\n"
	"    bad = bad or bool(errors)\n"
	"sys.exit(1 if bad else 0)\n";

/* In the source tree: the tests are run from its root, and the build directory is below. */
static const char *path_of(const char *schema)
{
	const char *path = live__text("docs/%s", schema), *self = live__self();

	if (access(path, R_OK) == 0)
		return path;
	path = live__text("%.*s/../../docs/%s", (int)(strrchr(self, '/') - self), self, schema);
	if (access(path, R_OK) != 0)
		live__fail("docs/%s is not found: run this in the source tree", schema);
	return path;
}

int schema__validate(struct program **program, const char *schema, const char *document)
{
	return program__run(program,
			    WORDS("/usr/bin/python3", "-c", validator, path_of(schema), document),
			    60000);
}

void schema__check(const char *schema, const char *document)
{
	struct program *program;

	if (schema__validate(&program, schema, document) != 0)
		live__fail("not as the schema has it: %s%s", program__output(program),
			   program__errors(program));
}
