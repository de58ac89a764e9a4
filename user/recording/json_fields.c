// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "recording/json_fields.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "recording/profile_reader.h"

/* No counter of 64 bits comes to more; and all sums of such numbers are finite. */
#define NUMBER_MOST 1e20

void fields__refuse(struct fields *fields, int error, const char *format, ...)
{
	va_list arguments;

	if (fields->error)
		return;
	fields->error = error;
	va_start(arguments, format);
	vsnprintf(fields->message, READER_MESSAGE, format, arguments);
	va_end(arguments);
}

static void refuse_member(struct fields *fields, const char *name, const char *what)
{
	fields__refuse(fields, -EINVAL, "%s%s%s %s", fields->where, *fields->where ? "." : "", name,
		       what);
}

/* NULL if it is not there or null; `there` tells the two apart. */
static struct json_object *member(struct json_object *object, const char *name, bool *there)
{
	struct json_object *value = NULL;

	*there = json_object_object_get_ex(object, name, &value);
	return value;
}

double fields__known_number(struct fields *fields, struct json_object *object, const char *name,
			    bool *known)
{
	bool there;
	struct json_object *value = member(object, name, &there);
	double number;

	*known = false;
	if (!value || fields->error)
		return 0;
	if (!json_object_is_type(value, json_type_int) &&
	    !json_object_is_type(value, json_type_double)) {
		refuse_member(fields, name, "is no number");
		return 0;
	}
	number = json_object_get_double(value);
	if (!isfinite(number) || number < 0 || number > NUMBER_MOST) {
		refuse_member(fields, name, "is negative or beyond all measure");
		return 0;
	}
	*known = true;
	return number;
}

double fields__number(struct fields *fields, struct json_object *object, const char *name)
{
	bool known;
	double number = fields__known_number(fields, object, name, &known);

	if (!known)
		refuse_member(fields, name, "is missing");
	return number;
}

const char *fields__known_text(struct fields *fields, struct json_object *object, const char *name)
{
	bool there;
	struct json_object *value = member(object, name, &there);

	if (!value || fields->error)
		return NULL;
	if (!json_object_is_type(value, json_type_string)) {
		refuse_member(fields, name, "is no text");
		return NULL;
	}
	return json_object_get_string(value);
}

const char *fields__text(struct fields *fields, struct json_object *object, const char *name)
{
	const char *text = fields__known_text(fields, object, name);

	if (!text)
		refuse_member(fields, name, "is missing");
	return text ? text : "";
}

bool fields__truth(struct fields *fields, struct json_object *object, const char *name)
{
	bool there;
	struct json_object *value = member(object, name, &there);

	if (!value)
		refuse_member(fields, name, "is missing");
	else if (!json_object_is_type(value, json_type_boolean))
		refuse_member(fields, name, "is neither true nor false");
	return !fields->error && json_object_get_boolean(value);
}

struct json_object *fields__object(struct fields *fields, struct json_object *object,
				   const char *name)
{
	bool there;
	struct json_object *value = member(object, name, &there);

	if (!value)
		refuse_member(fields, name, "is missing");
	else if (!json_object_is_type(value, json_type_object))
		refuse_member(fields, name, "is no object");
	return fields->error ? NULL : value;
}

struct json_object *fields__array(struct fields *fields, struct json_object *object,
				  const char *name, bool required)
{
	bool there;
	struct json_object *value = member(object, name, &there);

	if (!value && (required || there))
		refuse_member(fields, name, "is missing");
	else if (value && !json_object_is_type(value, json_type_array))
		refuse_member(fields, name, "is no list");
	return fields->error ? NULL : value;
}

size_t fields__enter(struct fields *fields, const char *name)
{
	size_t outer = strlen(fields->where);

	snprintf(fields->where + outer, WHERE_TEXT - outer, "%s%s", outer ? "." : "", name);
	return outer;
}

void fields__leave(struct fields *fields, size_t outer)
{
	fields->where[outer] = '\0';
}

void fields__each(struct fields *fields, struct json_object *object, const char *name,
		  bool required,
		  void (*take)(struct fields *fields, struct json_object *row, void *context),
		  void *context)
{
	struct json_object *array = fields__array(fields, object, name, required);
	size_t outer = strlen(fields->where), count = array ? json_object_array_length(array) : 0;

	for (size_t i = 0; i < count && !fields->error; i++) {
		struct json_object *row = json_object_array_get_idx(array, i);

		snprintf(fields->where + outer, WHERE_TEXT - outer, "%s%s[%zu]", outer ? "." : "",
			 name, i);
		if (json_object_is_type(row, json_type_object))
			take(fields, row, context);
		else
			fields__refuse(fields, -EINVAL, "%s is no object", fields->where);
	}
	fields->where[outer] = '\0';
}
