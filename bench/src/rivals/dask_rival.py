"""Dask beside us: answers jobs, one JSON object a line, with their figures in microseconds per task.

In:  {"job": "independent", "params": {"tasks": 5000}}
Out: {"value": 412.5} or {"error": "..."}; the first line out is {"version": "...", "settings": "..."}.

Started as `dask_rival.py distributed THREADS` or `dask_rival.py threaded THREADS`.
"""
import json
import sys
import time


def add(a, b):
    return a + b


def check(what, actual, expected):
    if actual != expected:
        raise ValueError(f"{what}: {actual} instead of {expected}")


def fibonacci(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def fibonacci_by_tasks(n):
    """A task that submits tasks gives its thread up meanwhile (`secede`), as `worker_client` does."""
    if n < 2:
        return n
    from distributed import worker_client

    with worker_client() as client:
        a = client.submit(fibonacci_by_tasks, n - 1, pure=False)
        b = client.submit(fibonacci_by_tasks, n - 2, pure=False)
        return sum(client.gather([a, b]))


def distributed_jobs(threads):
    """The local cluster with threads, through its futures (`client.map`, `client.submit`, `gather`).

    `client.map` sends many tasks in one message, so it is faster than as many `submit`. `pure=False` spares it
    from hashing the arguments.
    """
    from distributed import Client

    client = Client(processes=False, n_workers=1, threads_per_worker=threads, dashboard_address=None)

    def independent(params):
        n = params["tasks"]
        start = time.perf_counter()
        results = client.gather(client.map(add, range(n), [1] * n, pure=False))
        elapsed = time.perf_counter() - start
        check("the sum", sum(results), n * (n + 1) // 2)
        return elapsed * 1e6 / n

    def tree(params):
        leaves = params["leaves"]
        start = time.perf_counter()
        level = list(range(leaves))
        while len(level) > 1:
            level = [client.submit(add, level[i], level[i + 1], pure=False) for i in range(0, len(level) - 1, 2)]
        result = level[0].result()
        elapsed = time.perf_counter() - start
        check("the sum of the leaves", result, leaves * (leaves - 1) // 2)
        return elapsed * 1e6 / (leaves - 1)

    def chain(params):
        n = params["tasks"]
        start = time.perf_counter()
        future = client.submit(add, 0, 1, pure=False)
        for _ in range(n - 1):
            future = client.submit(add, future, 1, pure=False)
        result = future.result()
        elapsed = time.perf_counter() - start
        check("the last value", result, n)
        return elapsed * 1e6 / n

    def cached(params):
        # `pure=True`: a call of the same function with the same arguments is one task.
        n, calls = params["tasks"], params["calls"]
        start = time.perf_counter()
        futures = [client.submit(add, i % calls, 1, pure=True) for i in range(n)]
        results = client.gather(futures)
        elapsed = time.perf_counter() - start
        check("the last value", results[-1], (n - 1) % calls + 1)
        return elapsed * 1e6 / n

    def closures(params):
        n, offset = params["tasks"], 1
        start = time.perf_counter()
        results = client.gather([client.submit(lambda i=i: i + offset, pure=False) for i in range(n)])
        elapsed = time.perf_counter() - start
        check("the sum", sum(results), n * (n + 1) // 2)
        return elapsed * 1e6 / n

    def nested(params):
        n = params["n"]
        start = time.perf_counter()
        result = client.submit(fibonacci_by_tasks, n, pure=False).result()
        elapsed = time.perf_counter() - start
        check("Fibonacci", result, fibonacci(n))
        return elapsed * 1e6 / (2 * fibonacci(n + 1) - 1)

    jobs = {
        "independent": independent,
        "tree": tree,
        "chain": chain,
        "cached": cached,
        "closures": closures,
        "nested": nested,
    }
    return jobs, f"Client(processes=False, n_workers=1, threads_per_worker={threads})", client.close


def threaded_jobs(threads):
    """`dask.threaded.get`: Dask's scheduler without a cluster, inside one process."""
    from dask.threaded import get

    def independent(params):
        n = params["tasks"]
        start = time.perf_counter()
        graph = {("add", i): (add, i, 1) for i in range(n)}
        results = get(graph, list(graph), num_workers=threads)
        elapsed = time.perf_counter() - start
        check("the sum", sum(results), n * (n + 1) // 2)
        return elapsed * 1e6 / n

    def lazy(params):
        from dask import delayed

        n = params["tasks"]
        start = time.perf_counter()
        plus = delayed(add)
        level = list(range(n + 1))
        while len(level) > 1:
            pairs = [plus(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
            level = pairs + level[len(level) - len(level) % 2 :]
        result = level[0].compute(scheduler="threads", num_workers=threads)
        elapsed = time.perf_counter() - start
        check("the sum", result, n * (n + 1) // 2)
        return elapsed * 1e6 / n

    return {"independent": independent, "lazy": lazy}, f"dask.threaded.get, num_workers={threads}", lambda: None


def main():
    kind, threads = sys.argv[1], int(sys.argv[2])
    answers = sys.stdout
    sys.stdout = sys.stderr  # a stray print must not look like an answer

    def answer(message):
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    import dask

    jobs, settings, close = (distributed_jobs if kind == "distributed" else threaded_jobs)(threads)
    answer({"version": dask.__version__, "settings": f"{settings}, Python {sys.version.split()[0]}"})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer({"value": jobs[request["job"]](request["params"])})
        except Exception as error:
            answer({"error": repr(error)})
    close()


if __name__ == "__main__":
    main()
