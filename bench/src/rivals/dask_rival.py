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

    jobs = {"independent": independent, "tree": tree, "chain": chain}
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

    return {"independent": independent}, f"dask.threaded.get, num_workers={threads}", lambda: None


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
