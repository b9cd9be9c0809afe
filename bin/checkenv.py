#!/usr/bin/env python3
"""Checks that all that pegasus needs is here, as the guide has it: python3 bin/checkenv.py"""
import sys

sys.dont_write_bytecode = True
from pegasus import start  # noqa: E402

sys.exit(start(["checkenv"] + sys.argv[1:]))
