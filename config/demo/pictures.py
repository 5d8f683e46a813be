"""The demo's pictures by name: what each shows in words, and its bytes.

Lives here: names, alt texts, the credit. Must not live here: how a scene is drawn (scenes/). Drawn by this
code, the same bytes every time on one set of libraries: no photo, face, badge, seal or logo is involved.
"""

from collections.abc import Callable

from config.demo.scenes import beings, bicycles, cars, emblems, places, streets, tabletop
from config.demo.scenes.canvas import Canvas

SCENES: dict[str, Callable[[], Canvas]] = {
    **beings.SCENES,
    **bicycles.SCENES,
    **cars.SCENES,
    **emblems.SCENES,
    **places.SCENES,
    **streets.SCENES,
    **tabletop.SCENES,
}
NAMES = tuple(sorted(SCENES))
CREDIT = "Drawing: Dallas Police Department"
MIME = "image/jpeg"

ALT = {
    "camera-truck": "Night view from a shop camera: a gray single-cab pickup on a street, headlight on.",
    "road-closed": "Striped barrier and two orange cones across a street under a yellow Road Closed sign.",
    "patrol-sunrise": "A patrol car seen from behind on an empty road, the sun just over the hills.",
    "street-map": "Map: one block is marked closed in red, a blue arrow leads around it by the next street.",
    "school-crossing": "A yellow school bus waits at a crosswalk beside a red stop paddle.",
    "hydrant": "Water shoots out of a flooded street beside a red fire hydrant.",
    "car-window": "Side window of a parked blue car; a brown bag lies on the seat in plain sight.",
    "coffee-cups": "A pot of coffee and three steaming cups on a wooden table by a window.",
    "toy-box": "An open cardboard box with a purple ribbon, full of toys: a bear, a ball and blocks.",
    "bicycle-sticker": "A green bicycle; a magnifying glass shows sticker number 0417 on its frame.",
    "porch-package": "A package on the step of a dark blue front door, under a lit porch lamp.",
    "award-ribbon": "A blue ribbon rosette with a gold center and a white check mark.",
    "farewell-cake": "A white and pink cake with one lit candle under a string of paper flags.",
    "thermometer": "A thermometer between a snowflake on a cold blue side and a sun on a warm side.",
    "scam-phone": "A phone with messages from an unknown number asking for gift cards, and a warning sign.",
    "food-boxes": "Pantry shelves with cans, jars, boxes and a sack of rice.",
    "get-well-card": "A card with a red heart and the words Get well soon, beside a vase of three flowers.",
    "library": "A small library with white columns and steps, trees on both sides.",
    "park-lights": "A park path at night with a row of lamps; one lamp on the right is dark.",
    "storm-cloud": "Dark clouds, lightning and hail over a row of small houses.",
    "skyline-dusk": "City skyline at dusk with glowing paper lanterns in the sky.",
    "meeting-chairs": "Rows of empty chairs facing a white board that asks: What should we fix first?",
    "bike-rodeo": "A parking lot with a winding course of orange cones, and a small red bicycle.",
    "k9-dusk": "Outline of a sitting dog on a hill in front of a large low moon.",
    "lost-dog": "A brown dog with a red collar asleep on a blue mat.",
    "missing-person": "Plain blue outline of a head and shoulders with a magnifying glass. No face is shown.",
    "horse-square": "A saddled brown horse on a town square looks at a red balloon.",
    "recruit-class": "Rows of people in uniform caps, seen from behind, facing a lit stage.",
}


def draw(name: str) -> bytes:
    """The picture of that name as JPEG, 1600 x 900 (missing-person: 1200 x 1200).

    Raises:
        KeyError: no picture has that name; NAMES lists them.
    """
    return SCENES[name]().jpeg()
