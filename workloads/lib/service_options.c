// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "arguments.h"
#include "service.h"

static const struct bounds port_bounds = {0, 65535, "0 to 65535"};
static const struct bounds number_bounds = {1, 1000000000, "1 to 1000000000"};
static const struct bounds request_bounds = {1, 64 << 10, "1 to 64K"};
static const struct bounds give_up_bounds = {1000000000, 86400ULL * 1000000000, "1s to 86400s"};

static const struct argp_option option_table[] = {
	{"port", 'p', "PORT", 0, "port on 127.0.0.1 (default 0: any that is free)", 0},
	{"port-file", 'P', "PATH", 0,
	 "write the port to a new file, which is removed at the end (default: say it on stderr)",
	 0},
	{"connections", 'c', "N", 0, "end when so many connections have been served", 0},
	{"requests", 'r', "N", 0, "end when so many requests have been answered", 0},
	{"size", 's', "BYTES", 0, "bytes of a request and of a reply (default 64)", 0},
	{"delay", 'd', "TIME", 0, "service time of a request (default 1ms; 0: none)", 0},
	{"give-up", 'g', "TIME", 0, "fail if not ended by then (default 600s)", 0},
	{0},
};

static void set_defaults(struct service_options *options)
{
	*options = (struct service_options){
		.size = 64,
		.delay_ns = 1000000,
		.give_up_ns = 600ULL * 1000000000,
	};
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct service_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		set_defaults(options);
		return 0;
	case 'p':
		options->port = parse_count("--port", value, port_bounds);
		return 0;
	case 'P':
		options->port_file = value;
		return 0;
	case 'c':
		options->connections = parse_count("--connections", value, number_bounds);
		return 0;
	case 'r':
		options->requests = parse_count("--requests", value, number_bounds);
		return 0;
	case 's':
		options->size = parse_size("--size", value, request_bounds);
		return 0;
	case 'd':
		options->delay_ns = parse_time("--delay", value, delay_bounds);
		options->has_delay = true;
		return 0;
	case 'g':
		options->give_up_ns = parse_time("--give-up", value, give_up_bounds);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp service_argp = {.options = option_table, .parser = parse_option};
