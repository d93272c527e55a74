"""An SMTP server that takes all and keeps nothing, lean as Python can: ``python -m benchmarks.sink DELAY_S [groups]``.

Prints its port. Each text is answered after DELAY_S seconds, as a distant server does. With ``groups`` it says that it
takes commands in groups (PIPELINING, RFC 2920), as nearly every server does.
"""

from __future__ import annotations

import asyncio
import sys


class Sink(asyncio.Protocol):
    """One connection."""

    def __init__(self, delay_s: float, takes_groups: bool) -> None:
        self._delay_s, self._rest, self._is_text = delay_s, b"", False
        self._hello = b"250-sink\r\n250 PIPELINING\r\n" if takes_groups else b"250 sink\r\n"
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer each line, and each text at its end."""
        self._rest += data
        while True:
            end = b"\r\n.\r\n" if self._is_text else b"\r\n"
            at = self._rest.find(end)
            if at < 0:
                return
            line, self._rest = self._rest[:at], self._rest[at + len(end) :]
            if self._is_text:
                self._is_text = False
                self._later(b"250 taken\r\n")
            else:
                self._command(line[:4].upper())

    def _later(self, answer: bytes) -> None:
        if self._delay_s:
            asyncio.get_running_loop().call_later(self._delay_s, self._transport.write, answer)
        else:
            self._transport.write(answer)

    def _command(self, verb: bytes) -> None:
        if verb == b"DATA":
            self._is_text = True
            self._transport.write(b"354 go on\r\n")
        elif verb == b"QUIT":
            self._transport.write(b"221 bye\r\n")
            self._transport.close()
        else:
            self._transport.write(self._hello if verb == b"EHLO" else b"250 sink\r\n")


async def main(delay_s: float, takes_groups: bool) -> None:
    """Serve until the process is ended."""
    server = await asyncio.get_running_loop().create_server(lambda: Sink(delay_s, takes_groups), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), "groups" in sys.argv[2:]))
