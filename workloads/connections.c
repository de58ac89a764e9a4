// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The client of the servers here: makes many connections, sends requests on them in a closed or an
 * open loop, checks that each comes back as it was sent, and says what it saw.
 */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arguments.h"
#include "check.h"
#include "endpoint.h"
#include "load.h"
#include "monotonic.h"
#include "process.h"
#include "watchdog.h"

enum { THREADS_MAX = 64, SOURCES_MAX = 254, DESCRIPTORS_BESIDE = 128 };

struct options {
	struct sockaddr_in target;
	const char *target_text;
	uint64_t connections, requests, duration_ns, rate, size, threads, timeout_ns;
};

struct client {
	struct options options;
	struct load_plan plan;
	struct load loads[THREADS_MAX];
	int *fds;
	uint64_t connected, sources;
	uint64_t refused, connect_errors;
	struct distribution connects;
	struct footprint footprint_before, footprint;
};

static const struct argp_option option_table[] = {
	{"target", 't', "ADDRESS:PORT", 0, "where the server listens (IPv4)", 0},
	{"connections", 'c', "N", 0, "number of connections (default 10)", 0},
	{"requests", 'r', "N", 0, "requests in all (default 1000, without --duration)", 0},
	{"duration", 'D', "TIME", 0, "or for so long", 0},
	{"rate", 'R', "N", 0, "open loop: requests per second in all (default: closed loop)", 0},
	{"size", 's', "BYTES", 0, "bytes of a request; the server's --size (default 64)", 0},
	{"threads", 'T', "N", 0, "threads that share the connections (default 1)", 0},
	{"timeout", 'o', "TIME", 0, "end when no reply has come for so long (default 30s)", 0},
	{0},
};

static const struct bounds connections_bounds = {1, 1000000, "1 to 1000000"};
static const struct bounds requests_bounds = {1, 1000000000, "1 to 1000000000"};
static const struct bounds duration_bounds = {1000000, 3600ULL * 1000000000, "1ms to 3600s"};
static const struct bounds rate_bounds = {1, 10000000, "1 to 10000000"};
static const struct bounds size_bounds = {1, 64 << 10, "1 to 64K"};
static const struct bounds threads_bounds = {1, THREADS_MAX, "1 to 64"};
static const struct bounds port_bounds = {1, 65535, "1 to 65535"};

static void parse_target(struct options *options, const char *text)
{
	const size_t length = strcspn(text, ":");
	char host[INET_ADDRSTRLEN];

	if (!text[length] ||
	    snprintf(host, sizeof(host), "%.*s", (int)length, text) >= (int)sizeof(host) ||
	    inet_pton(AF_INET, host, &options->target.sin_addr) != 1)
		usage_error("--target: '%s' is not an address such as 127.0.0.1:8000", text);
	options->target_text = text;
	options->target.sin_family = AF_INET;
	options->target.sin_port =
		htons((uint16_t)parse_count("--target: port", text + length + 1, port_bounds));
}

static void check_options(struct options *options)
{
	if (!options->target_text)
		usage_error("--target is missing: ADDRESS:PORT of the server");
	if (options->requests && options->duration_ns)
		usage_error("--requests and --duration exclude each other");
	if (!options->requests && !options->duration_ns)
		options->requests = 1000;
	if (options->threads > options->connections)
		usage_error("--threads: some would have no connection");
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 't':
		parse_target(options, value);
		return 0;
	case 'c':
		options->connections = parse_count("--connections", value, connections_bounds);
		return 0;
	case 'r':
		options->requests = parse_count("--requests", value, requests_bounds);
		return 0;
	case 'D':
		options->duration_ns = parse_time("--duration", value, duration_bounds);
		return 0;
	case 'R':
		options->rate = parse_count("--rate", value, rate_bounds);
		return 0;
	case 's':
		options->size = parse_size("--size", value, size_bounds);
		return 0;
	case 'T':
		options->threads = parse_count("--threads", value, threads_bounds);
		return 0;
	case 'o':
		options->timeout_ns = parse_time("--timeout", value, duration_bounds);
		return 0;
	case ARGP_KEY_ARG:
		refuse_argument(value);
	case ARGP_KEY_END:
		check_options(options);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/*
 * Connects from the given one of our addresses. One address has some 28,000 ports for one server;
 * the whole of 127.0.0.0/8 is ours, however. The port is chosen in connect(), where the kernel
 * knows that only the pair of addresses must be new.
 */
static int connect_from(const struct client *client, uint64_t source)
{
	const int yes = 1;
	const struct sockaddr_in own = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)source),
	};
	const struct sockaddr_in *target = &client->options.target;
	int fd = (int)check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	int error;

	if (source) {
		check(setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof(yes)),
		      "setsockopt IP_BIND_ADDRESS_NO_PORT");
		check(bind(fd, (const struct sockaddr *)&own, sizeof(own)), "bind");
	}
	if (connect(fd, (const struct sockaddr *)target, sizeof(*target)) == 0) {
		endpoint__send_at_once(fd);
		return fd;
	}
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* -1 with errno set if it cannot. Moves on to the next address when one is out of ports. */
static int connect_one(struct client *client)
{
	int fd;

	while ((fd = connect_from(client, client->sources - 1)) < 0 && errno == EADDRNOTAVAIL) {
		if (client->sources == SOURCES_MAX)
			errx(EXIT_FAILURE,
			     "no free port after %" PRIu64 " connections from %d addresses",
			     client->connected, SOURCES_MAX);
		client->sources++;
	}
	return fd;
}

static void connect_all(struct client *client)
{
	for (uint64_t i = 0; i < client->options.connections; i++) {
		uint64_t start_ns = monotonic__now_ns();
		int fd = connect_one(client);

		if (fd >= 0) {
			distribution__record(&client->connects, monotonic__now_ns() - start_ns);
			client->fds[client->connected++] = fd;
		} else if (errno == ECONNREFUSED) {
			client->refused++;
		} else {
			client->connect_errors++;
		}
		if (client->connected == 0)
			err(EXIT_FAILURE, "connect to %s", client->options.target_text);
	}
}

static void set_up(struct client *client)
{
	const struct options *options = &client->options;
	const uint64_t connect_max_ns = 1000000;
	uint64_t expected_ns = options->connections * connect_max_ns + options->duration_ns;

	if (options->requests)
		expected_ns += options->rate ? options->requests * 1000000000 / options->rate
					     : options->requests * 10000000;
	watchdog__start(expected_ns + options->timeout_ns);
	process__raise_open_files(options->connections + DESCRIPTORS_BESIDE);
	client->sources = 1;
	client->fds = check_memory(calloc(options->connections, sizeof(*client->fds)));
	client->footprint_before = process__footprint();
	client->plan = (struct load_plan){
		.size = options->size,
		.requests = options->requests,
		.duration_ns = options->duration_ns,
		.rate = options->rate,
		.timeout_ns = options->timeout_ns,
		.threads = options->threads,
	};
}

static void run(struct client *client)
{
	const uint64_t time_to_start_ns = 5000000;
	uint64_t first = 0, threads;

	connect_all(client);
	if (client->plan.threads > client->connected)
		client->plan.threads = client->connected;
	threads = client->plan.threads;
	for (uint64_t i = 0; i < threads; i++) {
		uint64_t count = client->connected / threads + (i < client->connected % threads);

		load__set_up(&client->loads[i], &client->plan, i, client->fds + first, count);
		first += count;
	}
	client->plan.start_ns = monotonic__now_ns() + time_to_start_ns;
	for (uint64_t i = 0; i < threads; i++)
		load__start(&client->loads[i]);
	for (uint64_t i = 0; i < threads; i++)
		load__join(&client->loads[i]);
	client->footprint = process__footprint();
}

static void write_errors(const struct client *client, struct truth *truth, const struct load *sum)
{
	static const char *const names[LOAD_ERRORS] = {
		[LOAD_RESET] = "reset",	    [LOAD_CLOSED] = "closed",
		[LOAD_CORRUPT] = "corrupt", [LOAD_UNANSWERED] = "unanswered",
		[LOAD_UNSENT] = "unsent",
	};
	uint64_t all = client->refused + client->connect_errors;

	for (int kind = 0; kind < LOAD_ERRORS; kind++)
		all += sum->errors[kind];
	truth__number(truth, "errors", all);
	truth__open(truth, "errors_by_kind");
	truth__number(truth, "connect_refused", client->refused);
	truth__number(truth, "connect_failed", client->connect_errors);
	for (int kind = 0; kind < LOAD_ERRORS; kind++)
		truth__number(truth, names[kind], sum->errors[kind]);
	truth__close(truth);
}

static struct load sum_up(const struct client *client)
{
	struct load sum = {0};

	for (uint64_t i = 0; i < client->plan.threads; i++) {
		const struct load *load = &client->loads[i];

		sum.issued += load->issued;
		sum.sent += load->sent;
		sum.replies += load->replies;
		sum.bytes_sent += load->bytes_sent;
		sum.bytes_received += load->bytes_received;
		sum.books.cpu_ns += load->books.cpu_ns;
		sum.books.voluntary_switches += load->books.voluntary_switches;
		sum.books.involuntary_switches += load->books.involuntary_switches;
		if (load->books.time_ns > sum.books.time_ns)
			sum.books.time_ns = load->books.time_ns;
		for (int kind = 0; kind < LOAD_ERRORS; kind++)
			sum.errors[kind] += load->errors[kind];
	}
	return sum;
}

static void write_plan(const struct options *options, struct truth *truth)
{
	truth__text(truth, "workload", "connections");
	truth__number(truth, "pid", (uint64_t)getpid());
	truth__text(truth, "target", options->target_text);
	truth__text(truth, "loop", options->rate ? "open" : "closed");
	truth__number_if(truth, "rate_per_s", options->rate > 0, options->rate);
	truth__number_if(truth, "requests_asked", options->requests > 0, options->requests);
	truth__number_if(truth, "duration_ns", options->duration_ns > 0, options->duration_ns);
	truth__number(truth, "size", options->size);
	truth__number(truth, "threads", options->threads);
	truth__number(truth, "connections_asked", options->connections);
}

static void write_truth(const struct client *client)
{
	const struct load sum = sum_up(client);
	const struct load_plan *plan = &client->plan;
	bool answered = plan->last_reply_ns > plan->start_ns;
	uint64_t elapsed_ns = answered ? plan->last_reply_ns - plan->start_ns : 0;
	struct truth truth;

	truth__begin(&truth);
	write_plan(&client->options, &truth);
	truth__number(&truth, "connections", client->connected);
	truth__number(&truth, "source_addresses", client->sources);
	truth__number(&truth, "requests_sent", sum.sent);
	truth__number(&truth, "requests", sum.replies);
	truth__number(&truth, "bytes_sent", sum.bytes_sent);
	truth__number(&truth, "bytes_received", sum.bytes_received);
	write_errors(client, &truth, &sum);
	truth__number(&truth, "elapsed_ns", elapsed_ns);
	truth__number_if(&truth, "requests_per_s", answered,
			 answered ? (uint64_t)((double)sum.replies * 1e9 / (double)elapsed_ns) : 0);
	distribution__write(&client->connects, &truth, "connect");
	distribution__write(&plan->latency, &truth, "latency");
	distribution__write(&plan->since_sending, &truth, "since_sending");
	truth__books(&truth, &sum.books);
	process__write_footprint(&truth, "memory", &client->footprint_before, &client->footprint);
	truth__end(&truth);
}

int main(int argc, char **argv)
{
	const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.doc = "Put load on one of the servers, and state what was seen as JSON.",
	};
	/* Too large for the stack. */
	struct client *client = check_memory(calloc(1, sizeof(*client)));

	client->options = (struct options){
		.connections = 10,
		.size = 64,
		.threads = 1,
		.timeout_ns = 30ULL * 1000000000,
	};
	parse_arguments(&argp, argc, argv, &client->options);
	set_up(client);
	run(client);
	write_truth(client);
	free(client->fds);
	free(client);
	return EXIT_SUCCESS;
}
