// SPDX-License-Identifier: Apache-2.0

// unwind_rust - stacks of Rust code, ours against unw_backtrace's, frame by frame
//
//     LD_PRELOAD=libprobe.so unwind_rust
//
// Built with many options. Exit 77: no probe or no libunwind.

use std::future::Future;
use std::os::raw::{c_char, c_int, c_uint, c_void};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Waker};

const MOST: usize = 1000;
const RTLD_NOW: c_int = 2;
const SIGUSR1: c_int = 10;

extern "C" {
    fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(lib: *mut c_void, name: *const c_char) -> *mut c_void;
    fn qsort(base: *mut c_int, n: usize, size: usize, f: extern "C" fn(*const c_int, *const c_int) -> c_int);
    fn pthread_once(once: *mut c_int, f: extern "C" fn()) -> c_int;
    fn signal(sig: c_int, f: extern "C" fn(c_int)) -> usize;
    fn raise(sig: c_int) -> c_int;
}

static PROBE: AtomicUsize = AtomicUsize::new(0);
static UNW: AtomicUsize = AtomicUsize::new(0);
static PASSED: AtomicUsize = AtomicUsize::new(0);
static FAILED: AtomicUsize = AtomicUsize::new(0);
static SINK: AtomicUsize = AtomicUsize::new(0);

// The innermost frame is check() itself, at two places. A frame that a signal interrupted is + 1 in
// ours, and as it is in the witness's.
#[inline(never)]
fn check(scenario: &str) {
    let mut ours = [0usize; MOST + 1];
    let mut theirs = [0usize; MOST];
    let mut flags: c_uint = 0;
    let (n, m) = unsafe {
        let probe: extern "C" fn(*mut usize, c_int, *mut c_uint) -> c_int =
            std::mem::transmute(PROBE.load(Relaxed));
        let unw: extern "C" fn(*mut usize, c_int) -> c_int = std::mem::transmute(UNW.load(Relaxed));

        (
            probe(ours.as_mut_ptr(), 512, &mut flags) as usize,
            unw(theirs.as_mut_ptr(), MOST as c_int) as usize,
        )
    };
    let same = n == m
        && n > 1
        && flags == 0
        && (1..n).all(|i| ours[i] == theirs[i] || ours[i] == theirs[i] + 1);

    if same {
        PASSED.fetch_add(1, Relaxed);
    } else {
        FAILED.fetch_add(1, Relaxed);
        println!("FAIL {scenario}: {n} frames, flags {flags}; the witness has {m}");
        println!("  ours:   {:x?}", &ours[..n]);
        println!("  theirs: {:x?}", &theirs[..m]);
    }
    SINK.fetch_add(1, Relaxed);
}

// What std::hint::black_box does, which Debian's compiler does not have yet.
fn opaque<T>(value: &mut T) {
    unsafe { std::arch::asm!("/* {0} */", in(reg) value) };
}

trait Shape {
    fn visit(&self, scenario: &str) -> usize;
}

struct Wide<const N: usize>;

// Frames of many sizes; beyond a page they are probed.
impl<const N: usize> Shape for Wide<N> {
    #[inline(never)]
    fn visit(&self, scenario: &str) -> usize {
        let mut room = [0u8; N];

        opaque(&mut room);
        check(scenario);
        room[N - 1] as usize + SINK.load(Relaxed)
    }
}

#[repr(align(64))]
struct Aligned([u8; 100]);

#[inline(never)]
fn realigned(f: &dyn Fn()) -> usize {
    let mut room = Aligned([1; 100]);

    opaque(&mut room);
    f();
    room.0[7] as usize
}

#[inline(never)]
fn recurse<F: Fn()>(n: usize, f: &F) -> usize {
    if n == 0 {
        f();
        return 1;
    }
    let mut below = recurse(n - 1, f);

    opaque(&mut below);
    below + 1
}

fn frames(scenario: &str) {
    for depth in [0, 1, 20, 80] {
        recurse(depth, &|| check(scenario));
    }
    let shapes: Vec<Box<dyn Shape>> =
        vec![Box::new(Wide::<16>), Box::new(Wide::<500>), Box::new(Wide::<5000>), Box::new(Wide::<70000>)];

    SINK.fetch_add(shapes.iter().map(|s| s.visit(scenario)).sum::<usize>(), Relaxed);
    SINK.fetch_add(realigned(&|| check(scenario)), Relaxed);
}

fn closures(scenario: &'static str) {
    let once: Box<dyn FnOnce(i32) -> i32> = Box::new(move |k| {
        check(scenario);
        k + 1
    });
    let mut numbers = vec![3, 1, 2];

    SINK.fetch_add(once(1) as usize, Relaxed);
    numbers.sort_by(|a, b| {
        check(scenario);
        a.cmp(b)
    });
    let total: usize = numbers
        .iter()
        .map(|n| {
            check(scenario);
            *n as usize
        })
        .filter(|n| n % 2 == 1)
        .fold(0, |a, b| a + b);

    SINK.fetch_add(total, Relaxed);
}

extern "C" fn compare(a: *const c_int, b: *const c_int) -> c_int {
    frames("qsort");
    unsafe { *a - *b }
}

extern "C" fn once_body() {
    frames("pthread_once");
}

extern "C" fn handler(_: c_int) {
    frames("signal");
}

fn callbacks() {
    let mut numbers = [2, 1];
    let mut once = 0;

    unsafe {
        qsort(numbers.as_mut_ptr(), 2, 4, compare);
        pthread_once(&mut once, once_body);
        signal(SIGUSR1, handler);
        raise(SIGUSR1);
    }
}

struct Dropped(&'static str);

impl Drop for Dropped {
    fn drop(&mut self) {
        check(self.0);
    }
}

// While a panic goes through frames, in what they drop, and after it was caught.
#[cfg(panic = "unwind")]
fn panics() {
    #[inline(never)]
    fn falls(n: usize) -> usize {
        let _guard = Dropped("drop in a panic");

        if n == 0 {
            panic!("for the test");
        }
        falls(n - 1) + 1
    }
    std::panic::set_hook(Box::new(|_| check("panic hook")));
    for depth in [0, 3, 20] {
        let caught = std::panic::catch_unwind(|| falls(depth));

        assert!(caught.is_err());
        check("after a panic");
    }
    drop(std::panic::take_hook());
}

#[cfg(not(panic = "unwind"))]
fn panics() {}

fn threads() {
    thread_local!(static LAST: Dropped = Dropped("drop of a thread's own"));
    let worker = std::thread::Builder::new().name("worker".into()).spawn(|| {
        LAST.with(|l| SINK.fetch_add(l.0.len(), Relaxed));
        frames("thread");
        panics();
    });

    worker.unwrap().join().unwrap();
    std::thread::scope(|s| {
        s.spawn(|| frames("scoped thread"));
    });
}

struct Twice(bool);

impl Future for Twice {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        check("poll");
        if std::mem::replace(&mut self.0, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

async fn step(n: usize) -> usize {
    let _guard = Dropped("drop in a future");

    Twice(false).await;
    frames("future");
    n + 1
}

async fn steps() -> usize {
    step(1).await + step(2).await
}

const WAKER: RawWakerVTable = RawWakerVTable::new(|p| RawWaker::new(p, &WAKER), |_| (), |_| (), |_| ());

fn futures() {
    let waker = unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &WAKER)) };
    let mut context = Context::from_waker(&waker);
    let mut future: Pin<Box<dyn Future<Output = usize>>> = Box::pin(steps());

    while future.as_mut().poll(&mut context).is_pending() {}
}

fn find(lib: *mut c_void, name: &str) -> usize {
    unsafe { dlsym(lib, name.as_ptr() as *const c_char) as usize }
}

fn main() {
    let lib = unsafe { dlopen("libunwind.so.8\0".as_ptr() as *const c_char, RTLD_NOW) };

    PROBE.store(find(std::ptr::null_mut(), "probe_walk\0"), Relaxed);
    if !lib.is_null() {
        UNW.store(find(lib, "unw_backtrace\0"), Relaxed);
    }
    if PROBE.load(Relaxed) == 0 || UNW.load(Relaxed) == 0 {
        println!("unwind_rust: no probe_walk or no libunwind.so.8 in this process");
        std::process::exit(77);
    }
    frames("frames");
    closures("closures");
    callbacks();
    panics();
    threads();
    futures();
    println!("{} passed, {} failed", PASSED.load(Relaxed), FAILED.load(Relaxed));
    std::process::exit((FAILED.load(Relaxed) != 0) as i32);
}
