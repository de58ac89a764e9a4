// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>

#include "tests/live/lib/models.h"

struct models models__run(int status, const char *const *before, const char *const *words)
{
	struct models models = {.path = live__scratch("models.json")};
	const char *all[32];
	size_t count = 0;

	for (; *before; before++)
		all[count++] = *before;
	all[count++] = live__waitscope();
	all[count++] = "models";
	all[count++] = "--json";
	all[count++] = "-o";
	all[count++] = models.path;
	for (; *words; words++)
		all[count++] = *words;
	all[count] = NULL;
	program__run(&models.program, all, MODELS_TIMEOUT_MS);
	if (models.program->status != status)
		live__fail("status %d, not %d: %s", models.program->status, status,
			   program__errors(models.program));
	if (strstr(program__errors(models.program), "Sanitizer"))
		live__fail("a sanitizer complained: %s", program__errors(models.program));
	models.document = json__parse(live__read_file(models.path, NULL));
	assert_non_null(models.document);
	return models;
}

struct json_object *models__row(const struct models *models, const char *name, int64_t scale)
{
	struct json_object *row;

	json__each (row, models->document, "rows")
		if (strcmp(json__string(row, "name"), name) == 0 &&
		    (!scale || json__integer(row, "scale") == scale))
			return row;
	live__fail("there is no row '%s' of scale %lld", name, (long long)scale);
	return NULL;
}

double models__figure(struct json_object *row, const char *name)
{
	return json__number(json__at(row, "figures"), name);
}

void models__check_row(struct json_object *row)
{
	const char *name = json__string(row, "name");

	if (strcmp(json__string(row, "outcome"), "ran") != 0)
		live__fail("%s %s: %s", name, json__string(row, "outcome"),
			   json__string(row, "problem"));
	assert_true(json__boolean(row, "conserved"));
	if (json__integer(row, "lost") > 0)
		return; /* then the verdict may be unknown, and has to say why */
	if (json__has(row, "verdict.agrees") && !json__boolean(row, "verdict.agrees"))
		live__fail("%s is taken for %s", name, json__show(json__at(row, "verdict")));
}

void models__check_left_out(const struct models *models, struct json_object *row, const char *text)
{
	const char *problem = json__string(row, "problem");
	struct json_object *notes = json__at(models->document, "notes");
	size_t said = 0;

	assert_string_equal(json__string(row, "outcome"), "left_out");
	if (!strstr(problem, text) || strchr(problem, '\n'))
		live__fail("'%s' is not in the one line '%s'", text, problem);
	for (size_t i = 0; i < json_object_array_length(notes); i++)
		said += strcmp(json_object_get_string(json_object_array_get_idx(notes, i)),
			       problem) == 0;
	assert_count(said, 1);
}
