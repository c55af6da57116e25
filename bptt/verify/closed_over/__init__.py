"""What a user's functions close over: found, put back after a run, and lifted for the time of one."""

from bptt.verify.closed_over._state import Lift, State, find_state

__all__ = ["Lift", "State", "find_state"]
