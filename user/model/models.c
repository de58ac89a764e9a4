// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/models.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct models_figure_kind models_figures[FIGURES] = {
	[FIGURE_OPERATIONS] = {"operations", UNIT_COUNT, SOURCE_PROGRAM},
	[FIGURE_WALL] = {"wall_ns", UNIT_TIME, SOURCE_PROGRAM},
	[FIGURE_IN_CALL] = {"asleep_in_call", UNIT_SHARE, SOURCE_TRACE},
	[FIGURE_IN_WAIT] = {"asleep_in_wait", UNIT_SHARE, SOURCE_TRACE},
	[FIGURE_ON_CPU] = {"on_cpu", UNIT_SHARE, SOURCE_TRACE},
	[FIGURE_FOR_CPU] = {"waiting_for_cpu", UNIT_SHARE, SOURCE_TRACE},
	[FIGURE_THREADS] = {"threads", UNIT_COUNT, SOURCE_TRACE},
	[FIGURE_PROCESSES] = {"processes", UNIT_COUNT, SOURCE_TRACE},
	[FIGURE_SWITCHES_PER_OPERATION] = {"switches_per_operation", UNIT_RATIO, SOURCE_TRACE},
	[FIGURE_SYSCALLS_PER_OPERATION] = {"syscalls_per_operation", UNIT_RATIO, SOURCE_TRACE},
	[FIGURE_CPU_PER_OPERATION] = {"cpu_ns_per_operation", UNIT_TIME, SOURCE_TRACE},
	[FIGURE_REFUSED_PER_OPERATION] = {"eagain_per_operation", UNIT_RATIO, SOURCE_TRACE},
	[FIGURE_FIRST_RESULT] = {"first_result_ns", UNIT_TIME, SOURCE_PROGRAM},
	[FIGURE_LAST_RESULT] = {"last_result_ns", UNIT_TIME, SOURCE_PROGRAM},
	[FIGURE_IN_FLIGHT] = {"in_flight_max", UNIT_COUNT, SOURCE_PROGRAM},
	[FIGURE_LATENCY_P50] = {"latency_p50_ns", UNIT_TIME, SOURCE_PROGRAM},
	[FIGURE_LATENCY_P99] = {"latency_p99_ns", UNIT_TIME, SOURCE_PROGRAM},
	[FIGURE_REQUESTS] = {"requests", UNIT_COUNT, SOURCE_TRACE},
	[FIGURE_REQUEST_P50] = {"request_p50_ns", UNIT_TIME, SOURCE_TRACE},
	[FIGURE_REQUEST_P99] = {"request_p99_ns", UNIT_TIME, SOURCE_TRACE},
	[FIGURE_SUBMIT_ASLEEP] = {"submit_asleep", UNIT_SHARE, SOURCE_TRACE},
	[FIGURE_CONNECTIONS] = {"connections", UNIT_COUNT, SOURCE_PROGRAM},
	[FIGURE_THROUGHPUT] = {"requests_per_second", UNIT_RATE, SOURCE_PROGRAM},
	[FIGURE_MEMORY_PER_CONNECTION] = {"bytes_per_connection", UNIT_SIZE, SOURCE_PROGRAM},
	[FIGURE_STACK_RESERVED] = {"stack_reserved_bytes", UNIT_SIZE, SOURCE_PROGRAM},
	[FIGURE_STACK_RESIDENT] = {"stack_resident_bytes", UNIT_SIZE, SOURCE_PROGRAM},
	[FIGURE_KERNEL_STACK] = {"kernel_stack_bytes", UNIT_SIZE, SOURCE_TRACE},
	[FIGURE_KERNEL_MEMORY] = {"kernel_bytes", UNIT_SIZE, SOURCE_PROGRAM},
	[FIGURE_CREATION] = {"creation_ns", UNIT_TIME, SOURCE_PROGRAM},
	[FIGURE_CREATION_PER_THREAD] = {"creation_ns_per_thread", UNIT_TIME, SOURCE_PROGRAM},
	[FIGURE_CONCURRENCY] = {"concurrency_mean", UNIT_RATIO, SOURCE_TRACE},
	[FIGURE_CONCURRENCY_MAX] = {"concurrency_max", UNIT_COUNT, SOURCE_PROGRAM},
	[FIGURE_PARALLELISM] = {"parallelism_mean", UNIT_RATIO, SOURCE_TRACE},
	[FIGURE_PARALLELISM_MAX] = {"parallelism_max", UNIT_COUNT, SOURCE_PROGRAM},
};

static const char *const group_names[GROUPS] = {
	[GROUP_RECEIVE] = "receive", [GROUP_FILE] = "file",	  [GROUP_SERVICE] = "service",
	[GROUP_THREADS] = "threads", [GROUP_OVERLAP] = "overlap",
};

const char *models_group__name(enum models_group group)
{
	return group < GROUPS ? group_names[group] : "unknown";
}

const char *models_outcome__name(enum models_outcome outcome)
{
	static const char *const names[] = {[OUTCOME_RAN] = "ran",
					    [OUTCOME_FAILED] = "failed",
					    [OUTCOME_LEFT_OUT] = "left_out"};

	return outcome <= OUTCOME_LEFT_OUT ? names[outcome] : "failed";
}

bool models_row__agrees(const struct models_row *row)
{
	bool says_model = row->expected_model != MODEL_UNKNOWN;
	bool says_structure = row->expected_structure != STRUCTURE_UNKNOWN;

	if (row->outcome != OUTCOME_RAN || (!says_model && !says_structure))
		return false;
	return (!says_model || row->model == row->expected_model) &&
	       (!says_structure || row->structure == row->expected_structure);
}

struct models_row *models_report__add(struct models_report *report)
{
	struct models_row *rows;

	rows = reallocarray(report->rows, report->row_count + 1, sizeof(*rows));
	if (!rows)
		return NULL;
	report->rows = rows;
	rows[report->row_count] = (struct models_row){0};
	return &rows[report->row_count++];
}

int models_report__note(struct models_report *report, const char *line)
{
	char **notes;

	for (size_t i = 0; i < report->note_count; i++)
		if (strcmp(report->notes[i], line) == 0)
			return 0;
	notes = reallocarray(report->notes, report->note_count + 1, sizeof(*notes));
	if (!notes)
		return -ENOMEM;
	report->notes = notes;
	notes[report->note_count] = strdup(line);
	if (!notes[report->note_count])
		return -ENOMEM;
	report->note_count++;
	return 0;
}

void models_row__begin(struct models_row *row, enum models_group group, const char *name,
		       uint64_t scale)
{
	*row = (struct models_row){.group = group, .name = name, .scale = scale};
	for (int figure = 0; figure < FIGURES; figure++)
		row->figures[figure] = NAN;
}

void models_row__clear(struct models_row *row)
{
	for (char **word = row->command; word && *word; word++)
		free(*word);
	free(row->command);
	free(row->problem);
	free(row->why);
	free(row->delivery);
	free(row->completion_is);
	*row = (struct models_row){0};
}

void models_report__clear(struct models_report *report)
{
	for (size_t i = 0; i < report->row_count; i++)
		models_row__clear(&report->rows[i]);
	for (size_t i = 0; i < report->note_count; i++)
		free(report->notes[i]);
	free(report->rows);
	free(report->notes);
	free(report->kernel);
	*report = (struct models_report){0};
}
