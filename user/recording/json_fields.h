/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Inside of the readers of JSON: members of a type, and what is said of those that are not. After
 * the first thing that is wrong all others are passed over, so that callers ask once, at the end.
 */
#ifndef WAITSCOPE_RECORDING_JSON_FIELDS_H
#define WAITSCOPE_RECORDING_JSON_FIELDS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "model/diff_figures.h"

#define WHERE_TEXT 96

struct fields {
	struct diff_run *run;
	char *message;		/* READER_MESSAGE bytes */
	int error;		/* negative errno of the first thing that went wrong */
	char where[WHERE_TEXT]; /* "processes[3].waits[0]" */
};

void fields__refuse(struct fields *fields, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A member that has to be there, not negative and finite. 0 if something is wrong. */
double fields__number(struct fields *fields, struct json_object *object, const char *name);
/* The same that may be null or missing; `known` is false then. */
double fields__known_number(struct fields *fields, struct json_object *object, const char *name,
			    bool *known);
/* A text that has to be there; "" if something is wrong. Belongs to the object. */
const char *fields__text(struct fields *fields, struct json_object *object, const char *name);
/* The same that may be null or missing: NULL then. */
const char *fields__known_text(struct fields *fields, struct json_object *object, const char *name);
bool fields__truth(struct fields *fields, struct json_object *object, const char *name);
/* NULL if something is wrong. */
struct json_object *fields__object(struct fields *fields, struct json_object *object,
				   const char *name);
/* The array of that name; NULL if it is missing and need not be there, or something is wrong. */
struct json_object *fields__array(struct fields *fields, struct json_object *object,
				  const char *name, bool required);

/* What is asked from here on is of the member `name`. Returns what fields__leave() takes. */
size_t fields__enter(struct fields *fields, const char *name);
void fields__leave(struct fields *fields, size_t outer);

/* Does `take` for each object in an array, with fields->where set to it. */
void fields__each(struct fields *fields, struct json_object *object, const char *name,
		  bool required,
		  void (*take)(struct fields *fields, struct json_object *row, void *context),
		  void *context);

#endif
