// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE 1
#include "load.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "endpoint.h"
#include "monotonic.h"

enum { EVENTS_AT_ONCE = 256 };

enum channel_state {
	CHANNEL_IDLE,
	CHANNEL_SENDING,
	CHANNEL_AWAITING_REPLY,
	CHANNEL_GONE,
};

struct channel {
	int fd;
	enum channel_state state;
	uint64_t due;	     /* requests that are due and not sent */
	uint64_t first_due;  /* the number of the first of them */
	uint64_t due_ns;     /* of the one that is outstanding */
	uint64_t sending_ns; /* when that was begun */
	uint64_t done;	     /* its bytes that were sent, then received */
	char fill;	     /* what all its bytes are */
};

static bool is_open_loop(const struct load *load)
{
	return load->plan->rate > 0;
}

/* When this thread's request with that number is due; the threads take turns. */
static uint64_t due_at_ns(const struct load *load, uint64_t number)
{
	const struct load_plan *plan = load->plan;
	unsigned __int128 turn = (unsigned __int128)number * plan->threads + load->index;

	return plan->start_ns + (uint64_t)(turn * 1000000000 / plan->rate);
}

static uint64_t end_ns(const struct load_plan *plan)
{
	return plan->duration_ns ? plan->start_ns + plan->duration_ns : UINT64_MAX;
}

/* Whether no request will become due any more. */
static bool all_is_issued(const struct load *load, uint64_t now_ns)
{
	uint64_t due_ns = is_open_loop(load) ? due_at_ns(load, load->issued) : now_ns;

	return load->issued == load->quota || due_ns >= end_ns(load->plan);
}

/*
 * Also the requests that were due on it are lost. That a server leaves when all is done is no
 * failure.
 */
static void give_up_channel(struct load *load, struct channel *channel, enum load_error error)
{
	if (channel->state != CHANNEL_IDLE) {
		load->outstanding--;
		load->errors[error]++;
	} else if (error != LOAD_CLOSED || load->issued < load->quota) {
		load->errors[error]++;
	}
	load->errors[LOAD_UNSENT] += channel->due;
	channel->due = 0;
	channel->state = CHANNEL_GONE;
	load->alive--;
	close(channel->fd);
	channel->fd = -1;
}

/* Sends what is left of the request. */
static void go_on_sending(struct load *load, struct channel *channel)
{
	const uint64_t size = load->plan->size;
	int64_t length;

	memset(load->buffer, channel->fill, size - channel->done);
	length = send(channel->fd, load->buffer, size - channel->done, MSG_NOSIGNAL);
	if (length < 0 && errno == EAGAIN)
		return;
	if (length < 0) {
		give_up_channel(load, channel, LOAD_RESET);
		return;
	}
	load->bytes_sent += (uint64_t)length;
	channel->done += (uint64_t)length;
	if (channel->done < size)
		return;
	load->sent++;
	channel->done = 0;
	channel->state = CHANNEL_AWAITING_REPLY;
}

/* In a closed loop a request is due when it can be sent. */
static void begin_request(struct load *load, struct channel *channel)
{
	channel->sending_ns = monotonic__now_ns();
	channel->due_ns = channel->sending_ns;
	if (is_open_loop(load)) {
		channel->due_ns = due_at_ns(load, channel->first_due);
		channel->first_due += load->channel_count;
	}
	channel->due--;
	channel->done = 0;
	channel->fill++;
	channel->state = CHANNEL_SENDING;
	load->outstanding++;
	go_on_sending(load, channel);
}

static void issue_in_closed_loop(struct load *load, struct channel *channel, uint64_t now_ns)
{
	if (all_is_issued(load, now_ns))
		return;
	load->issued++;
	channel->due++;
	begin_request(load, channel);
}

static void end_request(struct load *load, struct channel *channel)
{
	struct load_plan *plan = load->plan;
	uint64_t now_ns = monotonic__now_ns();

	distribution__record(&plan->latency, now_ns - channel->due_ns);
	distribution__record(&plan->since_sending, now_ns - channel->sending_ns);
	distribution__raise(&plan->last_reply_ns, now_ns);
	load->replies++;
	load->outstanding--;
	channel->state = CHANNEL_IDLE;
	if (!is_open_loop(load))
		issue_in_closed_loop(load, channel, now_ns);
	else if (channel->due && now_ns < end_ns(plan))
		begin_request(load, channel);
}

static bool is_all(const char *text, int64_t length, char fill)
{
	for (int64_t i = 0; i < length; i++)
		if (text[i] != fill)
			return false;
	return true;
}

/* One recv() takes all of a reply that is there; what comes later is announced again. */
static void receive_reply(struct load *load, struct channel *channel)
{
	const uint64_t size = load->plan->size;
	int64_t length = recv(channel->fd, load->buffer, size - channel->done, 0);

	if (length < 0 && errno == EAGAIN)
		return;
	if (length <= 0) {
		give_up_channel(load, channel, length ? LOAD_RESET : LOAD_CLOSED);
		return;
	}
	load->bytes_received += (uint64_t)length;
	channel->done += (uint64_t)length;
	if (channel->state != CHANNEL_AWAITING_REPLY ||
	    !is_all(load->buffer, length, channel->fill))
		give_up_channel(load, channel, LOAD_CORRUPT);
	else if (channel->done == size)
		end_request(load, channel);
}

/* Edges: a channel that has both to send and to receive does them one after the other. */
static void handle_event(struct load *load, struct channel *channel, uint32_t events)
{
	if (channel->state == CHANNEL_SENDING && events & EPOLLOUT)
		go_on_sending(load, channel);
	if (channel->state == CHANNEL_IDLE && events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		give_up_channel(load, channel, events & EPOLLERR ? LOAD_RESET : LOAD_CLOSED);
	else if (channel->state == CHANNEL_AWAITING_REPLY && events & ~(uint32_t)EPOLLOUT)
		receive_reply(load, channel);
}

/* Open loop: gives the requests that have become due to the channels, in turn. */
static void issue_due_requests(struct load *load, uint64_t now_ns)
{
	while (!all_is_issued(load, now_ns) && due_at_ns(load, load->issued) <= now_ns) {
		struct channel *channel = &load->channels[load->issued % load->channel_count];

		if (channel->state == CHANNEL_GONE)
			load->errors[LOAD_UNSENT]++;
		else if (channel->due++ == 0)
			channel->first_due = load->issued;
		load->issued++;
		if (channel->state == CHANNEL_IDLE)
			begin_request(load, channel);
	}
}

static bool is_finished(const struct load *load, uint64_t now_ns)
{
	return load->alive == 0 || (all_is_issued(load, now_ns) && load->outstanding == 0);
}

/* Until the next request is due or, if none will be, until the replies are overdue. */
static uint64_t next_deadline_ns(const struct load *load, uint64_t now_ns)
{
	const struct load_plan *plan = load->plan;
	uint64_t deadline_ns = load->progress_ns + plan->timeout_ns;

	if (is_open_loop(load) && !all_is_issued(load, now_ns) &&
	    due_at_ns(load, load->issued) < deadline_ns)
		deadline_ns = due_at_ns(load, load->issued);
	return deadline_ns > now_ns ? deadline_ns - now_ns : 0;
}

static void run_until_finished(struct load *load)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	uint64_t now_ns;

	while (now_ns = monotonic__now_ns(), !is_finished(load, now_ns)) {
		struct timespec timeout = monotonic__timespec(next_deadline_ns(load, now_ns));
		int64_t ready =
			check(epoll_pwait2(load->epoll_fd, events, EVENTS_AT_ONCE, &timeout, NULL),
			      "epoll_pwait2");

		now_ns = monotonic__now_ns();
		if (ready)
			load->progress_ns = now_ns;
		for (int64_t i = 0; i < ready; i++)
			handle_event(load, events[i].data.ptr, events[i].events);
		if (is_open_loop(load))
			issue_due_requests(load, now_ns);
		if (load->outstanding && now_ns >= load->progress_ns + load->plan->timeout_ns)
			return;
	}
}

/* Open loop: what was due before the time was up and found no free connection is a failure too. */
static void count_the_rest(struct load *load)
{
	const struct load_plan *plan = load->plan;

	load->errors[LOAD_UNANSWERED] += load->outstanding;
	for (uint64_t i = 0; i < load->channel_count; i++)
		load->errors[LOAD_UNSENT] += load->channels[i].due;
	if (plan->requests)
		load->errors[LOAD_UNSENT] += load->quota - load->issued;
}

/*
 * The servers measure their memory when the first connection closes: it is to be the first for long
 * enough that the others still are in it.
 */
static void close_channels(struct load *load)
{
	const uint64_t alone_ns = 100000000;

	for (uint64_t i = 0; i < load->channel_count; i++) {
		if (i == (load->index == 0))
			monotonic__sleep_ns(alone_ns);
		if (load->channels[i].state != CHANNEL_GONE)
			close(load->channels[i].fd);
	}
}

static void *load_main(void *argument)
{
	struct load *load = argument;
	struct books start = books__of_this_thread();

	if (load->channel_count == 0)
		errx(EXIT_FAILURE, "a thread has no connection");
	/* The default slack of 50 us would be added to the latency of each request. */
	check(prctl(PR_SET_TIMERSLACK, 1UL), "prctl PR_SET_TIMERSLACK");
	monotonic__sleep_until_ns(load->plan->start_ns);
	load->progress_ns = monotonic__now_ns();
	for (uint64_t i = 0; i < load->channel_count && !is_open_loop(load); i++)
		issue_in_closed_loop(load, &load->channels[i], load->progress_ns);
	run_until_finished(load);
	count_the_rest(load);
	load->books = books__since(start);
	close_channels(load);
	return NULL;
}

void load__set_up(struct load *load, struct load_plan *plan, uint64_t index, const int *fds,
		  uint64_t count)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};

	*load = (struct load){.plan = plan, .index = index, .channel_count = count, .alive = count};
	load->quota = plan->requests / plan->threads + (index < plan->requests % plan->threads);
	if (!plan->requests)
		load->quota = UINT64_MAX;
	load->buffer = check_memory(malloc(plan->size));
	load->channels = check_memory(calloc(count, sizeof(*load->channels)));
	load->epoll_fd = (int)check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
	for (uint64_t i = 0; i < count; i++) {
		load->channels[i].fd = fds[i];
		event.data.ptr = &load->channels[i];
		endpoint__set_nonblocking(fds[i]);
		check(epoll_ctl(load->epoll_fd, EPOLL_CTL_ADD, fds[i], &event), "epoll_ctl");
	}
}

void load__start(struct load *load)
{
	check_error(pthread_create(&load->thread, NULL, load_main, load), "pthread_create");
}

void load__join(struct load *load)
{
	check_error(pthread_join(load->thread, NULL), "pthread_join");
	close(load->epoll_fd);
	free(load->channels);
	free(load->buffer);
}
