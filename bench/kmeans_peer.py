#!/usr/bin/env python3
"""The peer of kmeans_bench: scikit-learn's Lloyd and Elkan from the same points and the same start.

kmeans_peer.py make DIR ROWS       writes DIR/blobs.f64 (ROWS x 8 doubles, row-major), DIR/start16.f64, DIR/start256.f64
kmeans_peer.py run DIR K ROUNDS A  runs algorithm A (lloyd or elkan); prints "seconds sum-of-squares rounds"
"""
import sys
import time
import warnings

import numpy as np


def make(folder, rows):
    from sklearn.datasets import make_blobs

    points, _ = make_blobs(n_samples=rows, n_features=8, centers=16, cluster_std=2, random_state=0)
    points.astype(np.float64).tofile(f"{folder}/blobs.f64")
    draw = np.random.RandomState(0)
    for k in (16, 256):
        points[draw.choice(len(points), k, replace=False)].tofile(f"{folder}/start{k}.f64")


def run(folder, k, rounds, algorithm):
    from sklearn.cluster import KMeans

    warnings.simplefilter("ignore")  # of ending at the asked number of rounds
    points = np.fromfile(f"{folder}/blobs.f64").reshape(-1, 8)
    start = np.fromfile(f"{folder}/start{k}.f64").reshape(-1, 8)
    fit = KMeans(k, init=start, n_init=1, algorithm=algorithm, max_iter=rounds, tol=0)
    began = time.perf_counter()
    fit.fit(points)
    print(f"{time.perf_counter() - began:.3f} {fit.inertia_:.6f} {fit.n_iter_}")


if sys.argv[1] == "make":
    make(sys.argv[2], int(sys.argv[3]))
else:
    run(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
