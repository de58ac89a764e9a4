// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "names/units.h"
#include "render/json.h"

struct json_object *json__object(struct json_builder *builder)
{
	struct json_object *object = json_object_new_object();

	if (!object)
		builder->failed = true;
	return object;
}

struct json_object *json__array(struct json_builder *builder)
{
	struct json_object *array = json_object_new_array();

	if (!array)
		builder->failed = true;
	return array;
}

void json__add(struct json_builder *builder, struct json_object *object, const char *name,
	       struct json_object *value)
{
	if (!object || !value || json_object_object_add(object, name, value)) {
		json_object_put(value);
		builder->failed = true;
	}
}

void json__add_null(struct json_builder *builder, struct json_object *object, const char *name)
{
	if (!object || json_object_object_add(object, name, NULL))
		builder->failed = true;
}

void json__add_count(struct json_builder *builder, struct json_object *object, const char *name,
		     uint64_t value)
{
	json__add(builder, object, name, json_object_new_uint64(value));
}

void json__add_known_count(struct json_builder *builder, struct json_object *object,
			   const char *name, uint64_t value, bool known)
{
	if (known)
		json__add_count(builder, object, name, value);
	else
		json__add_null(builder, object, name);
}

void json__add_signed(struct json_builder *builder, struct json_object *object, const char *name,
		      int64_t value)
{
	json__add(builder, object, name, json_object_new_int64(value));
}

void json__add_fraction(struct json_builder *builder, struct json_object *object, const char *name,
			double value)
{
	static const char format[] = "%.9g"; /* a fraction of nanoseconds: no more is known */
	struct json_object *number;

	if (!isfinite(value)) {
		json__add_null(builder, object, name);
		return;
	}
	number = json_object_new_double(value);
	if (number) /* this one writes a point in every locale */
		json_object_set_serializer(number, json_object_double_to_json_string,
					   (void *)format, NULL);
	json__add(builder, object, name, number);
}

void json__add_bool(struct json_builder *builder, struct json_object *object, const char *name,
		    bool value)
{
	json__add(builder, object, name, json_object_new_boolean(value));
}

struct json_object *json__text(struct json_builder *builder, const char *value)
{
	char *clean = units__escape(value);
	struct json_object *text = clean ? json_object_new_string(clean) : NULL;

	free(clean);
	if (!text)
		builder->failed = true;
	return text;
}

void json__add_text(struct json_builder *builder, struct json_object *object, const char *name,
		    const char *value)
{
	if (value)
		json__add(builder, object, name, json__text(builder, value));
	else
		json__add_null(builder, object, name);
}

void json__append(struct json_builder *builder, struct json_object *array,
		  struct json_object *value)
{
	if (!array || !value || json_object_array_add(array, value)) {
		json_object_put(value);
		builder->failed = true;
	}
}

int json__write(struct json_builder *builder, struct json_object *document, FILE *stream)
{
	const char *text = NULL;
	int error = 0;

	if (!builder->failed)
		text = json_object_to_json_string_ext(
			document, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!text)
		error = -ENOMEM;
	else if (fprintf(stream, "%s\n", text) < 0)
		error = -EIO;
	json_object_put(document);
	return error;
}
