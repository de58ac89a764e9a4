// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Asynchronous is not parallel. The same operations, each an answer to wait for (--delay) and
 * then something to compute (--compute), done in four ways:
 *
 * sequential: one thread, one operation after the other;
 * async: one thread, many answers awaited at once (io_uring), computed one after the other;
 * parallel: several threads, each sequential;
 * async-parallel: several threads, each async.
 */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arguments.h"
#include "check.h"
#include "compute.h"
#include "delayed_server.h"
#include "latency.h"
#include "monotonic.h"
#include "outcome.h"
#include "ring.h"
#include "watchdog.h"

enum way { WAY_SEQUENTIAL, WAY_ASYNC, WAY_PARALLEL, WAY_ASYNC_PARALLEL, WAYS };
enum { THREADS_MAX = 64, DEPTH_MAX = 256 };

static const char *const way_names[WAYS] = {"sequential", "async", "parallel", "async-parallel"};

struct options {
	enum way way;
	bool has_way;
	uint64_t operations;
	uint64_t delay_ns;
	uint64_t compute_ns;
	uint64_t threads; /* 0: not given */
	uint64_t depth;
};

/* One answer that is awaited, or the place for one. */
struct slot {
	int ends[2]; /* ours, and the server's */
	uint64_t asked_ns;
	char answer[DELAYED_SERVER_ANSWER];
};

struct worker {
	struct overlap *overlap;
	struct actor actor;
	char name[16];
	struct slot *slots;
	struct ring ring;
	uint64_t operations; /* its share */
	uint64_t asked, answered;
	struct calls calls;
	struct latency latency; /* from asking to having the answer, of each operation */
	struct outcome outcome;
	struct books books;
};

struct overlap {
	struct options options;
	struct delayed_server server;
	uint64_t rounds; /* of compute, per operation */
	struct worker workers[THREADS_MAX];
};

static const struct argp_option option_table[] = {
	{"way", 'w', "WAY", 0, "sequential, async, parallel or async-parallel", 0},
	{"ops", 'n', "N", 0, "number of operations (default 100)", 0},
	{"delay", 'd', "TIME", 0, "how long each answer takes (default 1ms)", 0},
	{"compute", 'c', "TIME", 0, "CPU time that each operation then takes (default 250us)", 0},
	{"threads", 'j', "N", 0, "parallel: number of threads (default 2)", 0},
	{"depth", 'q', "N", 0, "async: most answers awaited by a thread (default 8)", 0},
	{0},
};

static const struct bounds ops_bounds = {1, 1000000, "1 to 1000000"};
static const struct bounds compute_bounds = {0, 10ULL * 1000000000, "0 to 10s"};
static const struct bounds threads_bounds = {1, THREADS_MAX, "1 to 64"};
static const struct bounds depth_bounds = {1, DEPTH_MAX, "1 to 256"};

static bool is_async(enum way way)
{
	return way == WAY_ASYNC || way == WAY_ASYNC_PARALLEL;
}

static bool is_parallel(enum way way)
{
	return way == WAY_PARALLEL || way == WAY_ASYNC_PARALLEL;
}

static void check_options(struct options *options)
{
	if (!options->has_way)
		usage_error("--way is missing: sequential, async, parallel or async-parallel");
	if (options->threads && !is_parallel(options->way))
		usage_error("--threads does not apply to --way %s", way_names[options->way]);
	if (options->depth && !is_async(options->way))
		usage_error("--depth does not apply to --way %s", way_names[options->way]);
	if (!options->threads)
		options->threads = is_parallel(options->way) ? 2 : 1;
	if (!options->depth)
		options->depth = is_async(options->way) ? 8 : 1;
	if (options->threads > options->operations)
		usage_error("--threads: some would get none of the --ops operations");
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'w':
		options->has_way = true;
		options->way = (enum way)parse_choice("--way", value, way_names, WAYS);
		return 0;
	case 'n':
		options->operations = parse_count("--ops", value, ops_bounds);
		return 0;
	case 'd':
		options->delay_ns = parse_time("--delay", value, delay_bounds);
		return 0;
	case 'c':
		options->compute_ns = parse_time("--compute", value, compute_bounds);
		return 0;
	case 'j':
		options->threads = parse_count("--threads", value, threads_bounds);
		return 0;
	case 'q':
		options->depth = parse_count("--depth", value, depth_bounds);
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

/* --- one thread ------------------------------------------------------------------------------- */

static void ask(struct worker *worker, struct slot *slot)
{
	worker->asked++;
	slot->asked_ns = monotonic__now_ns();
	delayed_server__ask(&worker->overlap->server, slot->ends[1], &worker->calls);
}

/* The answer is there: the operation's other half. */
static void take_answer(struct worker *worker, const struct slot *slot, int64_t length)
{
	if (length != DELAYED_SERVER_ANSWER)
		errx(EXIT_FAILURE, "an answer of %lld bytes", (long long)length);
	worker->answered++;
	latency__record(&worker->latency, monotonic__now_ns() - slot->asked_ns);
	compute__run(worker->overlap->rounds);
	outcome__result(&worker->outcome, monotonic__now_ns());
}

static void work_in_turn(struct worker *worker)
{
	struct slot *slot = &worker->slots[0];

	while (worker->answered < worker->operations) {
		ask(worker, slot);
		calls__count(&worker->calls, "recvfrom");
		take_answer(
			worker, slot,
			check(recv(slot->ends[0], slot->answer, sizeof(slot->answer), 0), "recv"));
	}
}

/* The kernel waits for the answer before it is asked for, so all of its delay is in flight. */
static void await_answer(struct worker *worker, struct slot *slot)
{
	struct io_uring_sqe *entry = ring__new_entry(&worker->ring);

	io_uring_prep_recv(entry, slot->ends[0], slot->answer, sizeof(slot->answer), 0);
	io_uring_sqe_set_data(entry, slot);
	ring__submit(&worker->ring, &worker->calls);
	ask(worker, slot);
}

static void take_completion(void *owner, const struct io_uring_cqe *completion)
{
	struct worker *worker = owner;
	struct slot *slot = io_uring_cqe_get_data(completion);

	take_answer(worker, slot, completion->res);
	if (worker->asked < worker->operations)
		await_answer(worker, slot);
}

/* The next request goes out after each answer's computing; the other answers come meanwhile. */
static void work_with_many_in_flight(struct worker *worker)
{
	const uint64_t depth = worker->overlap->options.depth;

	for (uint64_t i = 0; i < depth && i < worker->operations; i++)
		await_answer(worker, &worker->slots[i]);
	while (worker->answered < worker->operations) {
		ring__submit_and_wait(&worker->ring, &worker->calls);
		ring__reap(&worker->ring, take_completion, worker);
	}
}

static void work(void *argument)
{
	struct worker *worker = argument;
	const enum way way = worker->overlap->options.way;
	struct books start;

	if (is_async(way))
		ring__set_up(&worker->ring, RING_DEFAULT, worker->overlap->options.depth, 0);
	start = books__of_this_thread();
	outcome__start(&worker->outcome, start.time_ns);
	if (is_async(way))
		work_with_many_in_flight(worker);
	else
		work_in_turn(worker);
	worker->books = books__since(start);
	if (is_async(way))
		ring__tear_down(&worker->ring);
}

/* --- the whole -------------------------------------------------------------------------------- */

static void set_up_worker(struct overlap *overlap, uint64_t index)
{
	const struct options *options = &overlap->options;
	struct worker *worker = &overlap->workers[index];

	if (index)
		snprintf(worker->name, sizeof(worker->name), "waiter-%u", (unsigned int)index + 1);
	else
		snprintf(worker->name, sizeof(worker->name), "waiter");
	worker->overlap = overlap;
	worker->actor = (struct actor){
		.name = worker->name, .cpu_rank = (int)index, .play = work, .scene = worker};
	worker->operations = options->operations / options->threads +
			     (index < options->operations % options->threads);
	latency__init(&worker->latency, worker->operations);
	worker->slots = check_memory(calloc(options->depth, sizeof(*worker->slots)));
	for (uint64_t i = 0; i < options->depth; i++)
		check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, worker->slots[i].ends),
		      "socketpair");
}

static void run(struct overlap *overlap)
{
	const struct options *options = &overlap->options;

	watchdog__start(options->operations * (options->delay_ns + options->compute_ns + 1000000));
	overlap->rounds = compute__calibrate(options->compute_ns);
	for (uint64_t i = 0; i < options->threads; i++)
		set_up_worker(overlap, i);
	delayed_server__start(&overlap->server, options->delay_ns, options->operations);
	for (uint64_t i = 0; i < options->threads; i++)
		actor__start(&overlap->workers[i].actor);
	for (uint64_t i = 0; i < options->threads; i++)
		actor__join(&overlap->workers[i].actor);
	delayed_server__join(&overlap->server);
}

/* All workers as one: from the first one's start to the last one's end. */
struct sum {
	struct outcome outcome;
	struct latency latency;
	uint64_t end_ns;
	uint64_t cpu_ns;
	uint64_t voluntary_switches, involuntary_switches;
};

static void add_worker(struct sum *sum, const struct worker *worker)
{
	const struct outcome *outcome = &worker->outcome;
	const uint64_t end_ns = outcome->start_ns + worker->books.time_ns;

	if (outcome->start_ns < sum->outcome.start_ns)
		sum->outcome.start_ns = outcome->start_ns;
	if (outcome->first_ns < sum->outcome.first_ns)
		sum->outcome.first_ns = outcome->first_ns;
	if (outcome->last_ns > sum->outcome.last_ns)
		sum->outcome.last_ns = outcome->last_ns;
	if (end_ns > sum->end_ns)
		sum->end_ns = end_ns;
	sum->outcome.results += outcome->results;
	sum->cpu_ns += worker->books.cpu_ns;
	sum->voluntary_switches += worker->books.voluntary_switches;
	sum->involuntary_switches += worker->books.involuntary_switches;
	for (size_t i = 0; i < worker->latency.count; i++)
		latency__record(&sum->latency, worker->latency.samples_ns[i]);
}

/* What it should take if nothing but delay, computing and the number of CPUs counted. */
static uint64_t ideal_wall_ns(const struct overlap *overlap)
{
	const struct options *options = &overlap->options;
	const uint64_t cpus = (uint64_t)actor__cpus();
	const uint64_t share = overlap->workers[0].operations; /* no other has more */
	const uint64_t alone_ns = options->delay_ns + options->compute_ns;
	const uint64_t crowd = options->threads > cpus ? options->threads : cpus;
	/* Time on the CPU, as it seems to a thread that shares it with others. */
	const uint64_t cpu_ns = options->compute_ns * crowd / cpus;
	uint64_t each_ns = alone_ns / options->depth;

	if (each_ns < cpu_ns)
		each_ns = cpu_ns;
	return share * each_ns + (is_async(options->way) ? options->delay_ns : 0);
}

static void write_expectations(const struct overlap *overlap, const struct sum *sum,
			       struct truth *truth)
{
	const struct options *options = &overlap->options;
	const uint64_t wall_ns = sum->end_ns - sum->outcome.start_ns;
	const uint64_t cpus = (uint64_t)actor__cpus();

	truth__number(truth, "ideal_wall_ns", ideal_wall_ns(overlap));
	/* An answer is outstanding for the delay at least; at most, until the program has taken it.
	 */
	truth__number(truth, "outstanding_low_ns", options->operations * options->delay_ns);
	truth__number(truth, "outstanding_high_ns", sum->latency.sum_ns);
	truth__ratio(truth, "concurrency_low", options->operations * options->delay_ns, wall_ns);
	truth__ratio(truth, "concurrency_high", sum->latency.sum_ns, wall_ns);
	truth__number(truth, "concurrency_max", options->threads * options->depth);
	truth__ratio(truth, "parallelism", sum->cpu_ns, wall_ns);
	truth__number(truth, "parallelism_max", options->threads < cpus ? options->threads : cpus);
}

static void write_identity(const struct overlap *overlap, struct truth *truth)
{
	const struct options *options = &overlap->options;
	uint64_t tids[THREADS_MAX];

	for (uint64_t i = 0; i < options->threads; i++)
		tids[i] = (uint64_t)overlap->workers[i].actor.tid;
	truth__text(truth, "workload", "overlap");
	truth__text(truth, "way", way_names[options->way]);
	truth__number(truth, "pid", (uint64_t)getpid());
	truth__number(truth, "waiter_tid", (uint64_t)overlap->workers[0].actor.tid);
	truth__numbers(truth, "waiter_tids", tids, options->threads);
	truth__number(truth, "partner_tid", (uint64_t)overlap->server.actor.tid);
	truth__number(truth, "delay_ns", options->delay_ns);
	truth__number(truth, "compute_ns", options->compute_ns);
	truth__number(truth, "depth", options->depth);
	truth__number(truth, "cpus", (uint64_t)actor__cpus());
}

static void write_truth(struct overlap *overlap)
{
	const struct options *options = &overlap->options;
	struct truth truth;
	struct sum sum = {.outcome = {.model = is_async(options->way) ? "io_uring" : "blocking",
				      .delivery = is_async(options->way) ? "completion_queue"
									 : "return_value",
				      .completion_is = "data",
				      .threads = options->threads,
				      .max_in_flight = options->threads * options->depth,
				      .start_ns = UINT64_MAX,
				      .first_ns = UINT64_MAX}};

	latency__init(&sum.latency, options->operations);
	for (uint64_t i = 0; i < options->threads; i++)
		add_worker(&sum, &overlap->workers[i]);
	truth__begin(&truth);
	write_identity(overlap, &truth);
	truth__number(&truth, "operations", sum.outcome.results);
	truth__number(&truth, "bytes", sum.outcome.results * DELAYED_SERVER_ANSWER);
	outcome__write(&sum.outcome, &truth, sum.end_ns - sum.outcome.start_ns);
	write_expectations(overlap, &sum, &truth);
	truth__calls(&truth, &overlap->workers[0].calls);
	truth__latency(&truth, "latency", &sum.latency);
	truth__books(&truth, &(struct books){.time_ns = sum.end_ns - sum.outcome.start_ns,
					     .cpu_ns = sum.cpu_ns,
					     .voluntary_switches = sum.voluntary_switches,
					     .involuntary_switches = sum.involuntary_switches});
	truth__end(&truth);
	latency__free(&sum.latency);
}

static void tear_down(struct overlap *overlap)
{
	for (uint64_t i = 0; i < overlap->options.threads; i++) {
		latency__free(&overlap->workers[i].latency);
		free(overlap->workers[i].slots);
	}
}

int main(int argc, char **argv)
{
	const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.doc = "Wait and compute in four ways, and state the truth about it as JSON.",
	};
	static struct overlap overlap = {
		.options = {.operations = 100, .delay_ns = 1000000, .compute_ns = 250000}};

	parse_arguments(&argp, argc, argv, &overlap.options);
	run(&overlap);
	write_truth(&overlap);
	tear_down(&overlap);
	return EXIT_SUCCESS;
}
