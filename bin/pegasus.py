#!/usr/bin/env python3
"""Starts the program bin/pegasus, for scripts that call pegasus.py."""
import os
import subprocess
import sys


def start(words):
    """Runs pegasus with these words and answers its exit code."""
    program = os.path.join(os.path.dirname(os.path.realpath(__file__)), "pegasus")
    try:
        return subprocess.call(["node", program] + words)
    except OSError as error:
        sys.stderr.write("E Node.js can't be started ({}). Install Node.js 20.19 or newer.\n".format(error))
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(start(sys.argv[1:]))
