// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A recording as files for other viewers: Perfetto's, and Chrome's JSON; both are read back. */
#include <json-c/json.h>

#include "commands/exporting.h"
#include "perfetto.pb-c.h"
#include "tests/fuzz/recording_input.h"

/* Begins and ends of slices come in pairs. */
static void read_perfetto(const struct result *result)
{
	Pf__Trace *trace = pf__trace__unpack(NULL, result->size, (const uint8_t *)result->bytes);
	size_t begins = 0, ends = 0;

	expect(trace != NULL);
	for (size_t i = 0; i < trace->n_packet; i++) {
		const Pf__TrackEvent *event = trace->packet[i]->event;

		begins += event && event->type == 1;
		ends += event && event->type == 2;
	}
	expect(begins == ends);
	pf__trace__free_unpacked(trace, NULL);
}

static void read_chrome(const struct result *result)
{
	struct json_object *trace = json_tokener_parse(result->bytes), *events;

	expect(json_object_object_get_ex(trace, "traceEvents", &events));
	json_object_put(trace);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct recording_input input = recording_input__make(data, size);
	struct replaying_options options = {.path = input.path};
	enum export_format format = input.way & 1 ? EXPORT_CHROME : EXPORT_PERFETTO;
	struct recording_file file;
	struct result result;
	int err = -1;

	options.from = input.way / 2 % 4 * 100000;
	options.to = input.way & 8 ? options.from + 1000000 : 0;
	result__begin(&result);
	if (!recording_file__open(&file, input.path))
		err = exporting__write(&file, &options, format, result.stream);
	result__end(&result);
	if (!err && format == EXPORT_PERFETTO)
		read_perfetto(&result);
	else if (!err)
		read_chrome(&result);
	result__free(&result);
	profile__free(file.head);
	recording_file__close(&file);
	return 0;
}
