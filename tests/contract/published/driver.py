"""Run one unmodified PyPI client: `driver.py CLIENT URL KEY SECRET`, in the environment that contains the clients.

Each line of stdin is `{"call": "method", "args": [], "kwargs": {}}`. Each line of stdout is `{"returned": …}` or
`{"raised": {"type", "code", "message"}}`. The call `methods()` returns the names of the client's methods.
"""

import asyncio
import inspect
import json
import sys

CLIENT, URL, KEY, SECRET = sys.argv[1:]


def iamport_rest_client():
    from iamport import Iamport

    return {"": Iamport(KEY, SECRET, imp_url=f"{URL}/")}


def iamporter():
    from iamporter import IamportAuth, Iamporter, api

    auth = IamportAuth(KEY, SECRET, imp_url=URL)
    return {
        "": Iamporter(imp_auth=auth, imp_url=URL),
        "payments": api.Payments(auth, imp_url=URL),
        "subscribe": api.Subscribe(auth, imp_url=URL),
    }


def async_iamport():
    from async_iamport import AsyncIamport

    return {"": AsyncIamport(imp_key=KEY, imp_secret=SECRET, imp_url=URL)}


async def main():
    """Run all calls in one event loop, which one of the clients needs."""
    try:
        objects = {f.__name__: f for f in (iamport_rest_client, iamporter, async_iamport)}[CLIENT]()
    except Exception as err:
        objects = {"": FailsAlways(err)}
    for line in sys.stdin:
        print(json.dumps(await answer(objects, json.loads(line))), flush=True)


class FailsAlways:
    """Replaces a client whose constructor failed, as with wrong credentials."""

    def __init__(self, error):
        self.error = error

    def __getattr__(self, name):
        raise self.error


async def answer(objects, request):
    name = request["call"]
    if name == "methods":
        return {"returned": sorted(method for prefix, one in objects.items() for method in methods(prefix, one))}
    try:
        prefix, _, method = name.rpartition(".")
        returned = getattr(objects[prefix], method)(*request["args"], **request["kwargs"])
        return {"returned": plain(await returned if inspect.isawaitable(returned) else returned)}
    except Exception as err:
        return {"raised": raised(err)}


def methods(prefix, one):
    for name, method in inspect.getmembers(type(one), callable):
        if not name.startswith("_") and not inspect.isclass(method):
            yield f"{prefix}.{name}".lstrip(".")


def plain(value):
    """Return a response object of iamporter as the dict from which it was created."""
    return {**value.raw, "status": value.status} if hasattr(value, "raw") else value


def raised(err):
    answered = getattr(err, "response", err)
    code = getattr(answered, "code", None)
    message = getattr(answered, "message", None) or getattr(answered, "reason", None) or str(err)
    return {"type": type(err).__name__, "code": code, "message": message}


asyncio.run(main())
