/* SPDX-License-Identifier: Apache-2.0 */
/* leaktrack-symbolize: the order of work.
 *
 *     read each dump > merge new ones, minus base ones > name > match by name > view > write
 *
 * What can fail fails before anything is written to standard output. A partial input gives a
 * report that says so, one line on stderr and exit status 1; in a difference a dump that lacks
 * stacks would show growth that is none, so there it is refused. */
#include "alive.h"
#include "args.h"
#include "diff.h"
#include "err.h"
#include "label.h"
#include "mem.h"
#include "msg.h"
#include "name.h"
#include "pattern.h"
#include "profile.h"
#include "read.h"
#include "view.h"
#include "write.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if __has_include("leaktrack.h")
#include "leaktrack.h"
#endif
#ifndef LEAKTRACK_VERSION
#define LEAKTRACK_VERSION "0.1.0"
#endif

#define USAGE_ERROR 2

struct work {
	struct args args;
	struct profile *profile;
	struct profile_about base; /* of the first base dump, if any */
	bool has_base;
	struct namer *namer;
	struct view *view;
	size_t read;	   /* inputs so far */
	bool same_process; /* all of them are dumps of one */
	bool partial;
	pid_t pid;	 /* of the first input, where it is the state of a living process; else 0 */
	int64_t then_ns; /* when the first dump was written; 0: none tells */
};

static int check_input(const struct work *work, const struct profile *from, struct err *err)
{
	const enum profile_type type = work->args.type;

	if (from->about.no_alloc &&
	    (type == PROFILE_ALLOC_OBJECTS || type == PROFILE_ALLOC_SPACE)) {
		return err_set(err, "tells only what is in use, not what was allocated");
	}
	if (from->about.partial_stacks && work->args.base_count) {
		return err_set(err, "%s; a difference would not be true", from->about.partial);
	}
	return 0;
}

static void merge_rates(struct profile_about *about, uint64_t rate)
{
	if (rate != about->rate) {
		const uint64_t least = about->least_rate ? about->least_rate : about->rate;
		about->least_rate = rate < least ? rate : least;
		about->rate = rate > about->rate ? rate : about->rate;
	}
}

/* What the report tells of the first dump, and of the others where it adds up. */
static void merge_about(struct work *work, const struct profile_about *from, int sign)
{
	struct profile_about *about = &work->profile->about;

	if (!work->read) {
		*about = profile_copy_about(work->profile, from);
		work->same_process = true;
	} else if (sign > 0) {
		about->cut_stacks += from->cut_stacks;
		about->lost_samples += from->lost_samples;
		about->lost_live += from->lost_live;
		about->held_bytes += from->held_bytes;
		about->rate_changes += from->rate_changes;
		about->failures += from->failures;
	}
	if (sign < 0 && !work->has_base) {
		work->base = profile_copy_about(work->profile, from);
		work->has_base = true;
	}
	if (from->partial && !about->partial) {
		about->partial = profile_copy_about(work->profile, from).partial;
	}
	if (from->off && !about->off) {
		about->off = profile_copy_about(work->profile, from).off;
	}
	merge_rates(about, from->rate);
}

static void merge_input(struct work *work, const struct profile *from, int sign)
{
	const struct profile_about *about = &work->profile->about;

	merge_about(work, &from->about, sign);
	work->same_process = work->same_process && profile_same_process(about, &from->about);
	profile_merge(work->profile, from, sign);
	work->read++;
}

/* A process whose state file was read may see other files than we do, in a container: the namer
 * then asks it for them. 0: it is gone, or not of this machine. */
static pid_t living(const struct profile_about *about, const char *path)
{
	const bool can_be = about->is_state && about->pid > 0 && about->pid <= INT32_MAX;

	return can_be && alive_has_mapped((pid_t)about->pid, path) ? (pid_t)about->pid : 0;
}

/* The state of a living process is that of now. Of its files only the start is a time at which they
 * were the ones meant. */
static void set_times(struct work *work, struct profile_about *about, pid_t alive)
{
	const int64_t then = about->is_state || !about->dump_ns ? about->start_ns : about->dump_ns;
	struct timespec now;

	if (then && (!work->then_ns || then < work->then_ns)) {
		work->then_ns = then;
	}
	work->pid = work->read ? work->pid : alive;
	if (!about->dump_ns && alive && !clock_gettime(CLOCK_REALTIME, &now)) {
		about->dump_ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
	}
}

static int add_input(struct work *work, const char *path, int sign, struct err *err)
{
	struct profile *from = read_profile(path, err);

	if (!from) {
		return -1;
	}
	set_times(work, &from->about, living(&from->about, path));
	if (check_input(work, from, err)) {
		err_add(err, "%s", path);
		profile_free(from);
		return -1;
	}
	if (from->about.partial && !from->stack_count) {
		err_set(err, "%s: %s; no stack is left", path, from->about.partial);
		profile_free(from);
		return -1;
	}
	if (from->about.partial) {
		msg_error("%s: %s; what is shown is partial", path, from->about.partial);
		work->partial = true;
	}
	merge_input(work, from, sign);
	profile_free(from);
	return 0;
}

static int add_inputs(struct work *work, struct err *err)
{
	for (size_t i = 0; i < work->args.input_count; i++) {
		if (add_input(work, work->args.inputs[i], 1, err)) {
			return -1;
		}
	}
	for (size_t i = 0; i < work->args.base_count; i++) {
		if (add_input(work, work->args.bases[i], -1, err)) {
			return -1;
		}
	}
	return 0;
}

static int add_go_heap(struct work *work, const char *path, int sign, struct err *err)
{
	struct profile *from = read_profile(path, err);

	if (!from) {
		return -1;
	}
	profile_add_root(from, "[Go heap]");
	profile_merge(work->profile, from, sign);
	profile_free(from);
	return 0;
}

/* Both heaps in one profile, a root frame each, so that their shares are of the whole. */
static int add_go_heaps(struct work *work, struct err *err)
{
	const struct args *args = &work->args;

	if (args->go_heap_count) {
		profile_add_root(work->profile, "[C heap]");
	}
	for (size_t i = 0; i < args->go_heap_count; i++) {
		if (add_go_heap(work, args->go_heaps[i], 1, err)) {
			return -1;
		}
	}
	for (size_t i = 0; i < args->go_base_count; i++) {
		if (add_go_heap(work, args->go_bases[i], -1, err)) {
			return -1;
		}
	}
	return 0;
}

/* One line about a partial input is enough: what is missing explains what has no names. */
static void tell_names(void *context, bool warning, const char *text)
{
	const struct work *work = context;

	if (warning && !work->partial) {
		msg_warn("%s", text);
	} else if (work->args.verbose) {
		msg_note("%s", text);
	}
}

static void name(struct work *work)
{
	const struct name_options options = {
		.symfs = work->args.symfs,
		.searches = work->args.searches,
		.search_count = work->args.search_count,
		.pid = work->same_process ? work->pid : 0,
		.then_ns = work->then_ns,
		.jit = {.pid = work->same_process ? (pid_t)work->profile->about.pid : 0,
			.start_ns = work->profile->about.start_ns,
			.dump_ns = work->profile->about.dump_ns},
	};

	work->namer = namer_new(&options);
	label_profile(work->profile, work->namer, tell_names, work);
	if (work->args.normalize) {
		diff_normalize(work->profile);
	}
	if (work->args.base_count) {
		/* Go's profiles do not say of which process they are; what was scaled has other
		 * errors than two dumps of one process. */
		diff_match(work->profile, work->same_process && !work->args.normalize,
			   work->args.go_base_count > 0);
	}
}

static int close_output(FILE *out, struct err *err)
{
	bool failed = ferror(out) != 0;

	errno = 0;
	if (failed) { /* it failed on the way: why is told again by trying again */
		clearerr(out);
		fputc('\n', out);
	}
	failed |= fflush(out) != 0;
	if (!failed) {
		return 0;
	}
	errno = errno ? errno : EIO;
	/* Who closed the pipe knows: `| head` is no reason for a message, only for the status. */
	return errno == EPIPE ? -1 : err_sys(err, "standard output");
}

static int write_page(const struct write_job *job, const char *path, struct err *err)
{
	struct write_job page = *job;

	if (!strcmp(path, "-")) {
		return write_html(job, err) ? -1 : close_output(stdout, err);
	}
	page.out = fopen(path, "we");
	if (!page.out) {
		return err_sys(err, "%s", path);
	}
	const int result = write_html(&page, err);
	const bool failed = ferror(page.out) != 0;
	if (fclose(page.out) || failed) {
		return err_sys(err, "%s: not written", path);
	}
	return result;
}

static int write_all(struct work *work, struct err *err)
{
	const struct write_job job = {
		.args = &work->args,
		.profile = work->profile,
		.base = work->args.base_count ? &work->base : NULL,
		.view = work->view,
		.term = term_of(stdout),
		.out = stdout,
	};

	if (work->args.html && write_page(&job, work->args.html, err)) {
		return -1;
	}
	if (work->args.pprof && write_pprof(&job, work->args.pprof, err)) {
		return -1;
	}
	if (work->args.html || work->args.pprof) {
		return 0;
	}
	if (write_report(&job, err)) {
		return -1;
	}
	return close_output(stdout, err);
}

/* Wrong ones are wrong usage, so they are found before anything is read. */
static int check_patterns(const struct args *args, struct err *err)
{
	const struct {
		const char *option, *text;
	} patterns[] = {
		{"focus", args->focus},		{"ignore", args->ignore},
		{"hide", args->hide},		{"show", args->show},
		{"show-from", args->show_from}, {args->format, args->pattern},
	};

	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		regex_t regex;
		if (!patterns[i].text) {
			continue;
		}
		if (pattern_compile(&regex, patterns[i].option, patterns[i].text, err)) {
			return -1;
		}
		regfree(&regex);
	}
	return 0;
}

static int run(struct work *work, struct err *err)
{
	const struct view_options options = {
		.all_frames = work->args.all_frames,
		.base_total = work->args.diff_base,
		.focus = work->args.focus,
		.ignore = work->args.ignore,
		.hide = work->args.hide,
		.show = work->args.show,
		.show_from = work->args.show_from,
		.no_inlines = work->args.no_inlines,
		.only = work->args.tag_focus,
		.never = work->args.tag_ignore,
	};

	work->profile = profile_new();
	if (add_inputs(work, err) || add_go_heaps(work, err)) {
		return -1;
	}
	name(work);
	work->view = view_new(work->profile, &options, err);
	if (!work->view) {
		return -1;
	}
	if (work->args.base_count) {
		view_weigh(work->view, work->args.type);
	}
	return write_all(work, err);
}

static int say(const char *text)
{
	struct err err = {0};

	fputs(text, stdout);
	fputc('\n', stdout);
	if (close_output(stdout, &err)) {
		msg_error("%s", err.text);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct work work = {0};
	struct err err = {0};
	int status;

	signal(SIGPIPE, SIG_IGN);
	if (args_read(&work.args, argc, argv, &err) || check_patterns(&work.args, &err)) {
		msg_error("%s", err.text);
		fprintf(stderr, "%s\n", args_usage());
		status = USAGE_ERROR;
	} else if (work.args.help) {
		fprintf(stdout, "%s\n", args_usage());
		status = say(args_help());
	} else if (work.args.version) {
		status = say("leaktrack-symbolize " LEAKTRACK_VERSION);
	} else {
		status = run(&work, &err) || work.partial ? EXIT_FAILURE : EXIT_SUCCESS;
		if (*err.text) {
			msg_error("%s", err.text);
		}
	}
	view_free(work.view);
	namer_free(work.namer);
	profile_free(work.profile);
	args_free(&work.args);
	return status;
}
