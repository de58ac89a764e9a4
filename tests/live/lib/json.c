// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Members of JSON documents; what is missing or of another type fails the test. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "tests/live/lib/internal.h"

static struct json_object *look_up(struct json_object *object, const char *path, bool *found)
{
	char *copy = live__keep(strdup(path), free), *rest = copy, *name;

	*found = true;
	while ((name = strsep(&rest, "."))) {
		struct json_object *member = NULL;

		if (!json_object_is_type(object, json_type_object) ||
		    !json_object_object_get_ex(object, name, &member)) {
			*found = false;
			return NULL;
		}
		object = member;
	}
	return object;
}

struct json_object *json__at(struct json_object *object, const char *path)
{
	struct json_object *member;
	bool found;

	member = look_up(object, path, &found);
	if (!found)
		live__fail("there is no '%s' in %.200s", path, json__show(object));
	return member;
}

static struct json_object *typed(struct json_object *object, const char *path, enum json_type type)
{
	struct json_object *member = json__at(object, path);

	if (!json_object_is_type(member, type))
		live__fail("'%s' is %s, not of type %s", path, json__show(member),
			   json_type_to_name(type));
	return member;
}

int64_t json__integer(struct json_object *object, const char *path)
{
	return json_object_get_int64(typed(object, path, json_type_int));
}

double json__number(struct json_object *object, const char *path)
{
	struct json_object *member = json__at(object, path);

	if (!json_object_is_type(member, json_type_int) &&
	    !json_object_is_type(member, json_type_double))
		live__fail("'%s' is %s, not a number", path, json__show(member));
	return json_object_get_double(member);
}

bool json__boolean(struct json_object *object, const char *path)
{
	return json_object_get_boolean(typed(object, path, json_type_boolean));
}

const char *json__string(struct json_object *object, const char *path)
{
	if (!json__at(object, path))
		return NULL;
	return json_object_get_string(typed(object, path, json_type_string));
}

bool json__is_null(struct json_object *object, const char *path)
{
	return !json__at(object, path);
}

bool json__has(struct json_object *object, const char *path)
{
	bool found;

	return look_up(object, path, &found) && found;
}

size_t json__length(struct json_object *object, const char *path)
{
	return json_object_array_length(typed(object, path, json_type_array));
}

static void release(void *object)
{
	json_object_put(object);
}

struct json_object *json__parse(const char *text)
{
	struct json_object *object = json_tokener_parse(text);

	return object ? live__keep(object, release) : NULL;
}

const char *json__show(struct json_object *object)
{
	return json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
							      JSON_C_TO_STRING_NOSLASHESCAPE);
}
