"""Traits are what was said of them last, and all of it: a list that is empty is one that is absent, an empty one clears, an
object takes the place of the one before."""
from check import Check
from serving import same_everywhere


def says(world, traits, wanted):
    """After each of `traits`, said of ann in turn (bob has none), these are the members of each condition."""
    server = world.server()
    server.identify('bob', {'name': 'Bob'})
    server.apply(''.join(f'segment "S{n}" id "s{n}" = {condition}\n' for n, condition in enumerate(wanted)))
    for said in traits:
        server.identify('ann', said)
    for n, who in enumerate(wanted.values()):
        same_everywhere(server, f's{n}', who)
    server.restart()
    for n, who in enumerate(wanted.values()):
        same_everywhere(server, f's{n}', who, ' after a restart')


CHECKS = [
    Check('an-absent-list-has-no-elements', says,
          ([{'tags': ['golf']}],
           {'size(trait tags) = 0': ['bob'], 'trait tags includes none of ("q", "golf")': ['bob'],
            'not (trait tags includes "golf")': ['bob']}), soak=True),
    Check('an-empty-list-clears', says,
          ([{'tags': ['golf']}, {'tags': []}], {'trait tags includes "golf"': [], 'size(trait tags) = 0': ['ann', 'bob']})),
    Check('null-clears-an-object', says,
          ([{'addr': {'city': 'Bonn'}}, {'addr': None}], {'trait addr.city = "Bonn"': [], 'trait addr.city is known': []}), soak=True),
    Check('an-object-takes-the-place-of-the-one-before', says,
          ([{'addr': {'city': 'Bonn'}}, {'addr': {'zip': '2'}}],
           {'trait addr.city = "Bonn"': [], 'trait addr.zip = "2"': ['ann']}), soak=True),
    # Not seen before.
    Check('a-list-of-numbers-is-cleared-and-given-again', says,
          ([{'scores': [1, 2]}, {'scores': []}, {'scores': [3]}],
           {'trait scores includes 1': [], 'trait scores includes 3': ['ann'], 'size(trait scores) = 1': ['ann']}), soak=True),
    Check('a-list-within-an-object-goes-with-it', says,
          ([{'car': {'parts': ['door'], 'year': 2020}}, {'car': {'year': 2021}}],
           {'trait car.parts includes "door"': [], 'trait car.year = 2021': ['ann'],
            'trait car.parts includes none of ("door")': ['ann', 'bob']}), soak=True),
    Check('an-object-within-an-object-goes-with-it', says,
          ([{'a': {'b': {'c': 'x'}, 'd': 'y'}}, {'a': {'d': 'z'}}],
           {'trait a.b.c = "x"': [], 'trait a.d = "z"': ['ann']}), soak=True),
    Check('an-empty-object-clears', says,
          ([{'addr': {'city': 'Bonn'}}, {'addr': {}}], {'trait addr.city = "Bonn"': []}), soak=True),
]
