/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Inside of the JSON format: from the model to json-c objects.
 *
 * json-c says "no memory" with NULL, which in a member means null. So every addition goes through
 * the functions here, which remember a failure: no document with holes is ever written.
 */
#ifndef WAITSCOPE_RENDER_JSON_H
#define WAITSCOPE_RENDER_JSON_H

#include <json-c/json.h>

#include "model/profile.h"
#include "render/render.h"

struct json_builder {
	const struct render_options *options;
	bool failed; /* no memory, once */
};

struct json_object *json__object(struct json_builder *builder);
struct json_object *json__array(struct json_builder *builder);

/* Each adds one member to `object`. Texts are escaped, for they came from outside. */
void json__add(struct json_builder *builder, struct json_object *object, const char *name,
	       struct json_object *value);
void json__add_null(struct json_builder *builder, struct json_object *object, const char *name);
void json__add_count(struct json_builder *builder, struct json_object *object, const char *name,
		     uint64_t value);
void json__add_known_count(struct json_builder *builder, struct json_object *object,
			   const char *name, uint64_t value, bool known);
void json__add_signed(struct json_builder *builder, struct json_object *object, const char *name,
		      int64_t value);
/* null unless finite */
void json__add_fraction(struct json_builder *builder, struct json_object *object, const char *name,
			double value);
void json__add_bool(struct json_builder *builder, struct json_object *object, const char *name,
		    bool value);
/* null for NULL */
void json__add_text(struct json_builder *builder, struct json_object *object, const char *name,
		    const char *value);
void json__append(struct json_builder *builder, struct json_object *array,
		  struct json_object *value);
struct json_object *json__text(struct json_builder *builder, const char *value);

/* Writes a document, pretty, with a newline; takes it. Returns 0, -ENOMEM or -EIO. */
int json__write(struct json_builder *builder, struct json_object *document, FILE *stream);

/* Parts of the document; see the schema. The caller owns them. */
struct json_object *json__distribution(struct json_builder *builder,
				       const struct histogram *histogram);
struct json_object *json__audit(struct json_builder *builder, const struct audit *audit);
struct json_object *json__ledger(struct json_builder *builder, const struct account *account);
struct json_object *json__waits(struct json_builder *builder, const struct wait *waits,
				size_t count);
struct json_object *json__calls(struct json_builder *builder, const struct call *calls,
				size_t count);
struct json_object *json__attempts(struct json_builder *builder, const struct attempts *attempts,
				   size_t count);
struct json_object *json__loop(struct json_builder *builder, const struct loop *loop);
struct json_object *json__requests(struct json_builder *builder, const struct requests *requests,
				   size_t count);
/* Adds io_model, and io_model_reason: why it is unknown, else null. */
void json__add_io_model(struct json_builder *builder, struct json_object *object,
			const struct verdict *verdict);
struct json_object *json__io_models(struct json_builder *builder, const struct verdict *verdict);
/* {mean, max}; a mean that is NAN is unknown */
struct json_object *json__level(struct json_builder *builder, const struct level *level,
				double mean);
struct json_object *json__cost(struct json_builder *builder, const struct process *process,
			       bool full);
struct json_object *json__findings(struct json_builder *builder, const struct profile *profile);
struct json_object *json__stack(struct json_builder *builder, const struct stack *row);
struct json_object *json__stack_sums(struct json_builder *builder, const struct stacks *stacks);
struct json_object *json__process(struct json_builder *builder, const struct profile *profile,
				  const struct process *process);

#endif
