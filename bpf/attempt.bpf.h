/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls that would have blocked: who is refused, how soon he tries again, when he succeeds, and
 * whether he sleeps meanwhile or spins.
 *
 * Off the fast path. A call that succeeds comes here only if its descriptor may have been refused
 * before (`refused` of its process), or its thread is in a run of refusals.
 */
#ifndef WAITSCOPE_ATTEMPT_BPF_H
#define WAITSCOPE_ATTEMPT_BPF_H

#include "wait.bpf.h"

enum answer_kind {
	ANSWER_DONE = 0,
	ANSWER_REFUSED = 1,	/* EAGAIN */
	ANSWER_IN_PROGRESS = 2, /* EINPROGRESS */
	ANSWER_FAILED = 3,	/* whatever it was refused for, it comes no more */
};

/* A call on a descriptor that has just returned. */
struct answer {
	u32 kind; /* enum answer_kind */
	u32 syscall, descriptor;
	u32 traits;
	u64 entered;
	u64 cpu, asleep; /* ns in the call */
};

/* The row of (thread, syscall, object), made if there is none. 0: no room (counted). */
GLOBAL u32 attempt__look_up(u32 thread, u32 syscall, u32 object)
{
	struct attempt_key key = {.thread = thread, .object = object, .syscall = syscall};
	struct thread_row *owner = ROW(threads, thread);
	struct attempt_row *attempt;
	u32 number, *known;

	known = bpf_map_lookup_elem(&attempt_index, &key);
	if (known)
		return *known;
	number = pool__take(POOL_ATTEMPTS, LOSS_ATTEMPTS);
	attempt = number ? ROW(attempts, number) : 0;
	if (!attempt)
		return 0;
	if (owner)
		owner->attempts++;
	attempt->key = key;
	attempt->retry_histogram = histogram__new_beside();
	attempt->readiness_histogram = histogram__new_beside();
	if (bpf_map_update_elem(&attempt_index, &key, &number, BPF_ANY))
		lose(LOSS_INDEX);
	return number;
}

static __always_inline void attempt__retried(struct attempt_row *attempt, u64 distance)
{
	if (distance < attempt->retry_min || !attempt->retries)
		attempt->retry_min = distance;
	if (distance > attempt->retry_max)
		attempt->retry_max = distance;
	attempt->retries++;
	attempt->retry_total += distance;
	histogram__count(attempt->retry_histogram, distance);
}

static __always_inline void attempt__succeeded(struct attempt_row *attempt, u64 readiness)
{
	if (readiness < attempt->readiness_min || !attempt->successes)
		attempt->readiness_min = readiness;
	if (readiness > attempt->readiness_max)
		attempt->readiness_max = readiness;
	attempt->successes++;
	attempt->readiness_total += readiness;
	histogram__count(attempt->readiness_histogram, readiness);
}

/* Does the run of refusals go on with a call that was on a CPU, and asleep, for so long? */
static __always_inline bool spin__goes_on(const struct thread_row *thread, u64 cpu, u64 asleep)
{
	const struct ledger *ledger = &thread->ledger;

	return thread->spin_length && ledger->sum[LEDGER_BLOCKED] - asleep == thread->spin_asleep &&
	       ledger__cpu(ledger) - cpu - thread->spin_cpu < SPIN_PAUSE;
}

/* The thread was refused by a call that was on a CPU, and asleep, for so long. */
static __always_inline void spin__refused(struct thread_row *thread, u32 row,
					  struct attempt_row *attempt, u64 cpu, u64 asleep)
{
	const struct ledger *ledger = &thread->ledger;

	if (spin__goes_on(thread, cpu, asleep)) {
		attempt->spin_cpu += ledger__cpu(ledger) - thread->spin_cpu;
	} else {
		attempt->spin_cpu += cpu;
		attempt->spin_runs++;
		thread->spin_length = 0;
	}
	thread->spin_length++;
	thread->spin_row = row;
	thread->spin_cpu = ledger__cpu(ledger);
	thread->spin_asleep = ledger->sum[LEDGER_BLOCKED];
	if (thread->spin_length > attempt->longest_run)
		attempt->longest_run = thread->spin_length;
}

/* A call of the thread succeeded: what led to it is of the run, the call itself is not. */
static __always_inline void spin__succeeded(struct thread_row *thread, u64 cpu, u64 asleep)
{
	struct attempt_row *attempt;

	if (spin__goes_on(thread, cpu, asleep)) {
		attempt = ROW(attempts, thread->spin_row);
		if (attempt)
			attempt->spin_cpu += ledger__cpu(&thread->ledger) - cpu - thread->spin_cpu;
	}
	thread->spin_length = 0;
}

static __always_inline u32 episode__row(struct episode *episode, u32 thread)
{
	struct attempt_row *attempt = episode->row ? ROW(attempts, episode->row) : 0;

	if (!attempt)
		return 0;
	if (episode->thread == thread && attempt->key.thread == thread)
		return episode->row;
	/* another thread was refused: the row of this one, for the same call and object. (The row
	 * of a thread that is gone may be somebody else's by now.) */
	if (attempt->key.thread != episode->thread || attempt->key.syscall != episode->syscall)
		return 0;
	return attempt__look_up(thread, episode->syscall, attempt->key.object);
}

/* A connect in progress is so no more. */
static __always_inline void episode__end_connect(struct process_row *process,
						 struct episode_key *key)
{
	if (!bpf_map_delete_elem(&episodes, key))
		__sync_fetch_and_add(&process->connecting, -1);
}

/* The descriptor was refused before: this is the next try, and maybe the success. */
static __always_inline void episode__continue(struct thread_row *thread, u32 number,
					      struct episode *episode, const struct answer *answer)
{
	u64 now = thread->ledger.at;
	struct attempt_row *attempt;
	u32 row;

	if (!episode->first)
		return;
	row = episode__row(episode, number);
	attempt = row ? ROW(attempts, row) : 0;
	if (!attempt)
		return;
	if (episode->last && answer->entered >= episode->last)
		attempt__retried(attempt, answer->entered - episode->last);
	episode->last = 0;
	if (answer->kind == ANSWER_DONE && now > episode->first)
		attempt__succeeded(attempt, now - episode->first);
	if (answer->kind == ANSWER_DONE || answer->kind == ANSWER_FAILED)
		episode->first = 0;
}

/* How a connect that was in progress ended, or at least that it has. */
GLOBAL int attempt__settle(struct thread_row *thread, u32 number, const struct answer *answer)
{
	struct task_struct *current = (void *)bpf_get_current_task_btf();
	struct episode_key key = {.direction = DIRECTION_CONNECT};
	struct file_identity id = {};
	struct process_row *process;
	struct attempt_row *attempt;
	struct episode *episode;
	u32 row;

	if (!thread || !answer)
		return 0;
	key.process = thread->process;
	key.descriptor = answer->descriptor;
	process = ROW(processes, key.process);
	episode = bpf_map_lookup_elem(&episodes, &key);
	if (!process || !episode)
		return 0;
	find_file(current, key.descriptor, &id);
	row = episode__row(episode, number);
	attempt = row ? ROW(attempts, row) : 0;
	if (attempt && answer->kind == ANSWER_DONE && episode->file == id.file &&
	    episode->inode == id.number && thread->ledger.at > episode->first)
		attempt__succeeded(attempt, thread->ledger.at - episode->first);
	episode__end_connect(process, &key);
	return 0;
}

static __always_inline bool attempt__has_room(const struct thread_row *thread)
{
	return thread->attempts < THREAD_ATTEMPTS;
}

/* The row for a refusal of this file; that of the last refusal, if it is the same thing. */
static __always_inline u32 refusal__row(struct thread_row *thread, u32 number,
					const struct episode *episode, const struct answer *answer,
					const struct file_identity *id)
{
	struct attempt_row *attempt;
	u32 object = 0;

	if (episode && episode->thread == number && episode->syscall == answer->syscall) {
		attempt = ROW(attempts, episode->row);
		if (attempt && attempt->key.thread == number)
			return episode->row;
	}
	if (attempt__has_room(thread))
		object = object__of_file(id, answer->descriptor, thread->tgid);
	return attempt__look_up(number, answer->syscall, object);
}

static __always_inline void refusal__remember(struct process_row *process, u64 descriptor)
{
	u64 bit = 1ULL << (descriptor & 63);

	if (!(process->refused & bit))
		__sync_fetch_and_or(&process->refused, bit);
}

/* A call would have blocked, or its connect is in progress. `known`: what is known of that. */
static __always_inline void attempt__refused(struct thread_row *thread, u32 number,
					     struct episode_key *key, struct episode *known,
					     const struct answer *answer,
					     const struct file_identity *id)
{
	struct process_row *process = ROW(processes, thread->process);
	struct episode fresh = {.file = id->file, .inode = id->number};
	struct episode *episode = known ? known : &fresh;
	u32 row = refusal__row(thread, number, known, answer, id);
	struct attempt_row *attempt = row ? ROW(attempts, row) : 0;

	if (!attempt)
		return;
	if (!episode->first)
		episode->first = thread->ledger.at;
	episode->thread = number;
	episode->syscall = answer->syscall;
	episode->row = row;
	if (answer->kind == ANSWER_REFUSED) {
		attempt->eagain++;
		episode->last = thread->ledger.at;
		spin__refused(thread, row, attempt, answer->cpu, answer->asleep);
	} else {
		attempt->einprogress++;
	}
	if (known || !process)
		return;
	refusal__remember(process, key->descriptor);
	if (bpf_map_update_elem(&episodes, key, &fresh, BPF_ANY))
		lose(LOSS_INDEX);
	else if (key->direction == DIRECTION_CONNECT)
		__sync_fetch_and_add(&process->connecting, 1);
}

/* An I/O call of a thread or a descriptor with refusals, or one that is refused now. */
GLOBAL int attempt__answered(struct thread_row *thread, u32 number, const struct answer *answer)
{
	struct task_struct *current = (void *)bpf_get_current_task_btf();
	struct file_identity id = {};
	struct episode_key key = {};
	struct episode *episode;

	if (!thread || !answer)
		return 0;
	if (answer->kind == ANSWER_DONE && thread->spin_length)
		spin__succeeded(thread, answer->cpu, answer->asleep);
	if (!thread->process || !find_file(current, answer->descriptor, &id))
		return 0;
	key.process = thread->process;
	key.descriptor = answer->descriptor;
	if (answer->kind == ANSWER_IN_PROGRESS)
		key.direction = DIRECTION_CONNECT;
	else if (answer->traits & TRAIT_WRITES)
		key.direction = DIRECTION_OUT;
	episode = bpf_map_lookup_elem(&episodes, &key);
	if (episode && (episode->file != id.file || episode->inode != id.number)) {
		/* another file has the descriptor now: nothing of the old one's is to be paired */
		episode->file = id.file;
		episode->inode = id.number;
		episode->first = episode->last = 0;
		episode->thread = episode->row = 0;
	}
	if (episode)
		episode__continue(thread, number, episode, answer);
	if (answer->kind == ANSWER_REFUSED || answer->kind == ANSWER_IN_PROGRESS)
		attempt__refused(thread, number, &key, episode, answer, &id);
	return 0;
}

/* close(): the descriptor is free for another file. */
GLOBAL int attempt__forget(u32 process_number, u32 descriptor)
{
	struct process_row *process = ROW(processes, process_number);
	struct episode_key key = {.process = process_number, .descriptor = descriptor};

	if (!process)
		return 0;
	if (process->refused & 1ULL << (descriptor & 63)) {
		bpf_map_delete_elem(&episodes, &key);
		key.direction = DIRECTION_OUT;
		bpf_map_delete_elem(&episodes, &key);
	}
	key.direction = DIRECTION_CONNECT;
	if (process->connecting > 0)
		episode__end_connect(process, &key);
	return 0;
}

#endif
