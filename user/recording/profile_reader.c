// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include "recording/profile_reader.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names/lasting.h"
#include "names/units.h"
#include "recording/format.h"
#include "recording/profile_rows.h"

#define SCHEMA_NAME    "waitscope-profile/"
#define SCHEMA_VERSION "1"
#define SIZE_MOST      (256 << 20) /* bytes of JSON: a whole system for minutes has a tenth */
#define DEPTH_MOST     32	   /* a profile has 11 */
#define COMMAND_MOST   400

/* --- the document ------------------------------------------------------------------------------
 */

struct named {
	int64_t pid;
	char *name;
	bool root; /* of none that was traced */
};

/* The processes by pid, for what is said of a pid. */
struct names {
	struct named *list;
	size_t count, size;
};

static int order_pids(const void *left, const void *right)
{
	const struct named *a = left, *b = right;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

static struct named *find_pid(const struct names *names, int64_t pid)
{
	struct named key = {.pid = pid};

	return names->count ? bsearch(&key, names->list, names->count, sizeof(key), order_pids)
			    : NULL;
}

static int64_t pid_of(struct fields *fields, struct json_object *object, const char *member)
{
	double pid = fields__number(fields, object, member);

	return pid < INT_MAX ? (int64_t)pid : INT_MAX;
}

static bool is_kernel_thread(struct json_object *process)
{
	struct json_object *value;

	return json_object_object_get_ex(process, "kernel_thread", &value) &&
	       json_object_get_boolean(value);
}

static void name_process(struct fields *fields, struct json_object *process, void *context)
{
	struct names *names = context;
	struct named *named = &names->list[names->count];
	const char *comm = fields__text(fields, process, "comm");

	named->pid = pid_of(fields, process, "pid");
	named->name = is_kernel_thread(process) ? lasting__kernel_thread(comm) : strdup(comm);
	if (named->name)
		names->count++;
	else
		fields__refuse(fields, -ENOMEM, "no memory");
}

static void name_processes(struct fields *fields, struct json_object *document, struct names *names)
{
	struct json_object *array = fields__array(fields, document, "processes", true);

	if (!array || !json_object_array_length(array))
		return;
	names->list = calloc(json_object_array_length(array), sizeof(*names->list));
	if (!names->list) {
		fields__refuse(fields, -ENOMEM, "no memory");
		return;
	}
	fields__each(fields, document, "processes", true, name_process, names);
	qsort(names->list, names->count, sizeof(*names->list), order_pids);
}

static void take_process(struct fields *fields, struct json_object *object, void *context)
{
	const struct names *names = context;
	const struct named *named = find_pid(names, pid_of(fields, object, "pid"));
	struct diff_process process = {0};

	if (!named)
		return; /* then something was wrong before */
	process.name = named->name;
	process.exe = (char *)fields__known_text(fields, object, "exe");
	process.io_model = (char *)fields__text(fields, object, "io_model");
	process.structure = (char *)fields__text(fields, object, "structure");
	process.command = fields->run->command && !find_pid(names, pid_of(fields, object, "ppid"));
	if (!fields->error && diff_run__add_process(fields->run, &process))
		fields__refuse(fields, -ENOMEM, "no memory");
	rows__take_process(fields, object, named->name);
}

static void take_finding(struct fields *fields, struct json_object *finding, void *context)
{
	const struct named *named = find_pid(context, pid_of(fields, finding, "pid"));
	struct diff_name name = {.process = named ? named->name : NULL};
	bool known;
	double harm = fields__known_number(fields, finding, "harm_ns", &known);

	rows__add(fields, DIFF_FINDINGS, &name, 1, 0);
	name.name = fields__text(fields, finding, "id");
	rows__add(fields, DIFF_FINDING, &name, 1, 0);
	if (known)
		rows__add(fields, DIFF_FINDING_HARM, &name, harm, 0);
}

/* The words of the traced command as a line, or nothing. */
static void take_target(struct fields *fields, struct json_object *document)
{
	struct json_object *target = fields__object(fields, document, "target"), *words;
	char line[COMMAND_MOST + 1] = "";
	size_t used = 0;

	if (!target || strcmp(fields__text(fields, target, "kind"), "command") != 0)
		return;
	words = fields__array(fields, target, "command", true);
	for (size_t i = 0; words && i < json_object_array_length(words); i++) {
		const char *word = json_object_get_string(json_object_array_get_idx(words, i));

		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%s", i ? " " : "",
					 word ? word : "");
		if (used >= sizeof(line)) /* cut: a line to know it by, no more */
			break;
	}
	fields->run->command = strdup(line);
	if (!fields->run->command)
		fields__refuse(fields, -ENOMEM, "no memory");
}

static void take_audit(struct fields *fields, struct json_object *document)
{
	struct json_object *audit = fields__object(fields, document, "audit"), *lost;

	if (!audit)
		return;
	fields->run->conserved = fields__truth(fields, audit, "conserved");
	lost = fields__object(fields, audit, "lost");
	if (!lost)
		return;
	json_object_object_foreach (lost, cause, count) {
		if (json_object_is_type(count, json_type_int))
			fields->run->lost += json_object_get_double(count);
		(void)cause;
	}
}

static void take_header(struct fields *fields, struct json_object *document)
{
	struct json_object *tool = fields__object(fields, document, "tool");
	struct json_object *host = fields__object(fields, document, "host");
	const char *tier = tool ? fields__text(fields, tool, "tier") : "";
	const char *kernel = host ? fields__known_text(fields, host, "kernel") : NULL;
	struct diff_name all = {0};

	if (strcmp(tier, "full") != 0 && strcmp(tier, "waits") != 0)
		fields__refuse(fields, -EINVAL, "tool.tier is neither full nor waits");
	fields->run->tier = strcmp(tier, "waits") ? TIER_FULL : TIER_WAITS;
	fields->run->window = fields__number(fields, document, "window_ns");
	rows__add(fields, DIFF_WINDOW, &all, fields->run->window, 0);
	if (kernel)
		fields->run->kernel = strdup(kernel);
	take_target(fields, document);
	take_audit(fields, document);
}

/* What a document is that is none of ours, or of another version, or of another verb. */
static void check_schema(struct fields *fields, struct json_object *document)
{
	struct json_object *value = NULL;
	const char *schema;
	char *clean;

	if (!json_object_is_type(document, json_type_object)) {
		fields__refuse(fields, -EINVAL, "is JSON, but no object, so no profile");
		return;
	}
	json_object_object_get_ex(document, "schema", &value);
	schema = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
	if (!strcmp(schema, SCHEMA_NAME SCHEMA_VERSION))
		return;
	clean = units__escape(schema);
	if (!strncmp(schema, SCHEMA_NAME, strlen(SCHEMA_NAME)))
		fields__refuse(
			fields, -EINVAL,
			"is of version %.20s of the format; this waitscope reads " SCHEMA_VERSION,
			clean ? clean + strlen(SCHEMA_NAME) : "?");
	else if (!strncmp(schema, "waitscope-", strlen("waitscope-")))
		fields__refuse(fields, -EINVAL, "is %.40s; only profiles can be compared",
			       clean ? clean : "?");
	else
		fields__refuse(fields, -EINVAL,
			       "is JSON, but no profile (waitscope profile --json -o FILE)");
	free(clean);
}

int profile_reader__take(struct json_object *document, struct diff_run *run, char *message)
{
	struct fields fields = {.run = run, .message = message};
	struct names names = {0};

	check_schema(&fields, document);
	if (!fields.error)
		take_header(&fields, document);
	if (!fields.error)
		name_processes(&fields, document, &names);
	if (!fields.error)
		fields__each(&fields, document, "processes", true, take_process, &names);
	if (!fields.error)
		fields__each(&fields, document, "findings", true, take_finding, &names);
	for (size_t i = 0; i < names.count; i++)
		free(names.list[i].name);
	free(names.list);
	if (!fields.error)
		diff_run__settle(run);
	return fields.error;
}

/* --- the text ----------------------------------------------------------------------------------
 */

static int refuse_text(struct json_tokener *tokener, const char *text, size_t length, char *message)
{
	enum json_tokener_error error = json_tokener_get_error(tokener);
	size_t at = json_tokener_get_parse_end(tokener);

	if (!length)
		snprintf(message, READER_MESSAGE, "is empty");
	else if (!strncmp(text, RECORDING_MAGIC, strlen(RECORDING_MAGIC)))
		snprintf(message, READER_MESSAGE, "is a recording: that has to be a regular file");
	else if (error == json_tokener_error_depth)
		snprintf(message, READER_MESSAGE, "is nested too deeply to be a profile");
	else if (error == json_tokener_success)
		snprintf(message, READER_MESSAGE, "is JSON, but no object, so no profile");
	else if (error == json_tokener_continue || at >= length)
		snprintf(message, READER_MESSAGE, "ends in the middle: it was cut off");
	else
		snprintf(message, READER_MESSAGE, "is no JSON (byte %zu: %s)", at,
			 json_tokener_error_desc(error));
	return -EINVAL;
}

int profile_reader__parse(const char *text, size_t length, struct diff_run *run, char *message)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MOST);
	struct json_object *document;
	size_t end;
	int err;

	if (!tokener || length >= INT_MAX) {
		snprintf(message, READER_MESSAGE, "no memory");
		if (tokener)
			json_tokener_free(tokener);
		return -ENOMEM;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
	/* with the NUL: json-c takes the end of a number for its end then */
	document = json_tokener_parse_ex(tokener, text, (int)length + 1);
	end = json_tokener_get_parse_end(tokener);
	if (!document) {
		err = refuse_text(tokener, text, length, message);
	} else if (end + strspn(text + end, " \t\r\n") < length) {
		snprintf(message, READER_MESSAGE, "has something behind the profile (byte %zu)",
			 end);
		err = -EINVAL;
	} else {
		err = profile_reader__take(document, run, message);
	}
	json_object_put(document);
	json_tokener_free(tokener);
	return err;
}

/* The whole file, ended by NUL; NULL with the reason in `message`. */
static char *read_all(FILE *file, size_t *length, char *message)
{
	char *text = NULL;
	size_t size = 1 << 16, used = 0;

	for (;;) {
		char *larger = realloc(text, size + 1);

		if (!larger) {
			snprintf(message, READER_MESSAGE, "no memory");
			break;
		}
		text = larger;
		used += fread(text + used, 1, size - used, file);
		if (ferror(file)) {
			snprintf(message, READER_MESSAGE, "%s", strerror(errno));
			break;
		}
		if (used < size) {
			text[used] = '\0';
			*length = used;
			return text;
		}
		if (size >= SIZE_MOST) {
			snprintf(message, READER_MESSAGE, "is too large to be a profile");
			break;
		}
		size *= 2;
	}
	free(text);
	return NULL;
}

int profile_reader__read(const char *path, struct diff_run *run, char *message)
{
	FILE *file = fopen(path, "re");
	size_t length = 0;
	char *text;
	int err = -EIO;

	if (!file) {
		err = -errno;
		snprintf(message, READER_MESSAGE, "%s", strerror(-err));
		return err;
	}
	text = read_all(file, &length, message);
	fclose(file);
	if (!text)
		return err;
	run->source = strdup(path);
	err = profile_reader__parse(text, length, run, message);
	free(text);
	return err;
}
