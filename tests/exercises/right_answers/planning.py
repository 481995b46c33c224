"""1.5 and 1.6, written by other hands."""

import numpy as np


def in_loops(P, R, V, gamma):
    n_states, n_actions = R.shape
    Q = np.zeros((n_states, n_actions), dtype=np.float32)
    for state in range(n_states):
        for action in range(n_actions):
            expected = sum(P[state, action, following] * V[following] for following in range(n_states))
            Q[state, action] = R[state, action] + gamma * expected
    return Q


def with_einsum(P, R, V, gamma):
    return np.einsum("ijk,k->ij", P, V) * gamma + R


def in_place_sweeps(P, R, gamma, tolerance):
    V = [0.0] * len(R)
    change = float("inf")
    while change >= tolerance:
        change = 0.0
        for state in reversed(range(len(R))):
            old = V[state]
            V[state] = max(R[state, a] + gamma * float(np.dot(P[state, a], V)) for a in range(R.shape[1]))
            change = max(change, abs(V[state] - old))
    return np.array(V)


def policy_iteration(P, R, gamma, tolerance):
    """Howard's way: exact, so within any tolerance."""
    policy = np.full(len(R), R.shape[1] - 1)
    for _ in range(1000):
        P_of_policy, R_of_policy = P[range(len(R)), policy], R[range(len(R)), policy]
        V = np.linalg.solve(np.eye(len(R)) - gamma * P_of_policy, R_of_policy)
        Q = R + gamma * P @ V
        if (Q.max(axis=1) <= V + 1e-9).all():
            break
        policy = Q.argmax(axis=1)
    return V


def until_floats_rest(P, R, gamma, tolerance):
    """Goes on past the tolerance, and keeps the values in float32 at the end."""
    V = np.zeros(len(R))
    for _ in range(5000):
        V, before = np.max(R + gamma * np.tensordot(P, V, axes=1), axis=1), V
        if np.array_equal(V, before):
            break
    return V.astype(np.float32)


RIGHT_ANSWERS = {
    "q_from_v": [in_loops, with_einsum],
    "value_iteration": [in_place_sweeps, policy_iteration, until_floats_rest],
}
