/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Steps that tests of the JSON format share: write a document, read it, find a member. */
#ifndef WAITSCOPE_TESTS_RENDER_JSON_STEPS_H
#define WAITSCOPE_TESTS_RENDER_JSON_STEPS_H

#include <json-c/json.h>

#include "tests/unit/render_steps.h"

static const struct render_options plain;

static inline char *render(const struct profile *profile, const struct render_options *options)
{
	return render_with(render__json, profile, options);
}

/* The document as a program reads it: strict, so that nothing is forgiven. */
static inline struct json_object *parse(const char *text)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *document;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	document = json_tokener_parse_ex(tokener, text, (int)strlen(text));
	if (json_tokener_get_error(tokener) != json_tokener_success)
		fail_msg("%s in:\n%s", json_tokener_error_desc(json_tokener_get_error(tokener)),
			 text);
	json_tokener_free(tokener);
	return document;
}

/* Follows "processes 0 ledger running_ns"; the member has to be there, and may be null. */
static inline struct json_object *at(struct json_object *document, const char *path)
{
	char words[256], *rest = NULL;

	snprintf(words, sizeof(words), "%s", path);
	for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		struct json_object *next = NULL;

		if (json_object_is_type(document, json_type_array))
			next = json_object_array_get_idx(document, strtoul(word, NULL, 10));
		else if (!json_object_object_get_ex(document, word, &next))
			fail_msg("no %s in %s", word, path);
		document = next;
	}
	return document;
}

static inline uint64_t number_at(struct json_object *document, const char *path)
{
	struct json_object *value = at(document, path);

	if (!json_object_is_type(value, json_type_int))
		fail_msg("%s is no integer", path);
	return json_object_get_uint64(value);
}

static inline const char *text_at(struct json_object *document, const char *path)
{
	struct json_object *value = at(document, path);

	if (!json_object_is_type(value, json_type_string))
		fail_msg("%s is no text", path);
	return json_object_get_string(value);
}

static inline struct json_object *document_of(struct profile *profile,
					      const struct render_options *options)
{
	char *text = render(profile, options);
	struct json_object *document = parse(text);

	free(text);
	return document;
}

#endif
