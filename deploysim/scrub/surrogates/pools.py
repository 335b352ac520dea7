"""Invented names that surrogates are drawn from. Changing a list changes every surrogate, and so the fingerprint."""

from __future__ import annotations

from deploysim.scrub.word_lists import word_tuple

FEMALE = word_tuple(
    """Adela Agnes Aileen Alba Alice Alina Alma Amalia Anita Annika Ariane Astrid Audrey Beatrix Berta Bettina
    Bianca Brenda Camille Carla Carmen Cecilia Celia Chloe Clara Claudia Colette Corinne Dalia Daria Deborah
    Delia Denise Dorothea Edith Elena Elin Elisa Eloise Elsa Erika Esther Eunice Evelyn Fiona Flavia Freda
    Frieda Gemma Gisela Greta Gwen Hanna Harriet Hedda Helga Henrietta Hilda Ida Ilse Imogen Ines Ingrid Irene
    Isabel Ivana Joanna Johanna Josephine Judith Julieta Karin Katrin Kirsten Lara Larissa Leonie Lidia Lillian
    Linnea Lisbeth Livia Loretta Lucia Ludmila Luisa Magda Maren Marianne Marit Marta Matilda Melinda Mina
    Miranda Miriam Nadia Natalie Nina Nora Odile Olga Ottilie Pamela Petra Phyllis Priscilla Ramona Rebekka
    Renate Rita Roberta Rosalind Rowena Sabrina Salome Selma Silvia Simone Sonja Stella Susanne Sybil Sylvie
    Tamara Tatjana Thelma Theresa Tilda Ulrike Ursula Valerie Vera Viveca Wanda Wilma Winifred Yolanda Yvonne
    Zelda Zita"""
)
MALE = word_tuple(
    """Adrian Alban Albin Aldo Alfred Alistair Alvin Ambros Anders Andreas Anselm Anton Arne Arvid Basil Benedikt
    Benno Bertram Björn Boris Bruno Calvin Casimir Cedric Clemens Clifford Conrad Cornelius Cyril Damian Dario
    Declan Derek Dieter Dmitri Duncan Edgar Edmund Egon Elias Emil Enzo Erik Ernest Ewan Fabian Felix Ferdinand
    Florian Frederik Gareth Gaspard Gerald Gideon Gilbert Gordon Gregor Gunnar Gustav Harald Hector Hendrik Hugo
    Ignaz Igor Ivan Jasper Jens Joachim Jonas Jorge Julius Karsten Kaspar Kilian Klaus Konrad Lars Leander Leif
    Lennart Leopold Lorenz Luca Ludwig Magnus Malcolm Marcel Marius Martin Matteo Maurice Milan Moritz Nathan
    Nils Norbert Oleg Orlando Oscar Oswald Otto Pascal Percy Philipp Piotr Quentin Rainer Ralph Raoul Reinhard
    Roland Ronan Ruben Rufus Rupert Sander Sebastian Severin Sigmund Simon Stefan Sven Tancred Theo Thierry
    Tibor Tobias Torsten Trevor Ulrich Valentin Viktor Vincent Vitus Waldemar Werner Wilfred Xaver Yannick Yuri"""
)
_SURNAME_STARTS = word_tuple(
    """Ald Arn Ash Bal Bar Beck Ben Berg Black Bor Bram Brand Brant Brin Brook Cal Carl Cobb Cor Cran Dal Dar Den
    Dorn Dun Eck Edg El Em Fair Fal Farn Fen Fern Gal Gar Glen Gran Hal Ham Har Has Hol Horn Ing Kel Kers Kest
    Kirk Lang Lar Lind Lock Lor Lund Mal Mar Mel Mer Mor Nor Oak Or Os Pel Pen Quar Ran Red Ros Row Sal Sand Sel
    Sher Stan Stor Sun Tal Tarn Thor Tor Trev Val Var Vel Ven Wal War Wen Wes Whit Wil Win Wol Yar Zel"""
)
_SURNAME_ENDS = word_tuple(
    """berg borne bury by castle combe croft dale den er field ford gate grove ham hurst ing ington land ley lin
    low man mann mere more ner ridge rick row sen ser shaw son stad stein stone strand thorpe ton vale vik wald
    ward well wick win wood worth"""
)
FAMILY = tuple(start + end for start in _SURNAME_STARTS for end in _SURNAME_ENDS)

DOMAIN_WORDS = word_tuple(
    """amber anchor arbor aspen basin beacon birch bloom bridge bright brook canyon cedar cliff cloud clover cobalt
    copper coral crane crest delta drift ember falcon fern field flint forest garnet glade gold grain granite
    harbor haven hazel heron hill iris island ivory juniper lake lantern laurel linden lotus maple marble meadow
    mill mist moon north oak ocean olive onyx opal orchard otter peak pearl pebble pine planet prairie quartz
    quiet rain raven reed ridge river rowan sage sand shore silver sky slate sparrow spring spruce star stone
    summit sun terra thistle timber trail valley violet water wave west wild willow wind winter wren"""
)
CITIES = word_tuple(
    """Aldenbury Arvika Bellmora Brackwell Calderby Cortaveza Dunmarsh Eastmere Elverdal Fallbrook Farnvik
    Greywater Halden Harrowgate Hollenburg Ivarsund Kestrelby Kirkholm Lindhaven Lorvale Marchfield Marenza
    Midford Montrevel Norvik Oakhampton Oldenrode Ostrava Pellworm Pinecrest Quarnby Ravensholt Redmarsh
    Rosendal Saltburn Sandvika Selbrook Silverton Stonebridge Sundholm Tarnwick Thornbury Torvald Underhill
    Valmora Vestermark Waldheim Westerby Whitcombe Winterfold Wolden Wrenfield Yarrow Zellbach Ashcombe Birkdal
    Brunswald Clarendon Dalsund Ellerby Fenwick Glenmora Highmoor Inverlea Kelmont Larkhaven Mossdale Newhaven
    Orrington Penmarsh Rockhaven Skyborough Tamarind Upford Vintry Westholm"""
)
COUNTRIES = word_tuple(
    """Albania Argentina Armenia Australia Austria Belgium Bolivia Botswana Bulgaria Cambodia Canada Chile Colombia
    Croatia Cyprus Denmark Ecuador Estonia Ethiopia Fiji Finland Ghana Greece Guatemala Hungary Iceland Ireland
    Jamaica Kenya Laos Latvia Lithuania Luxembourg Malaysia Malta Mauritius Mongolia Morocco Namibia Nepal
    Norway Panama Paraguay Peru Portugal Romania Rwanda Senegal Slovakia Slovenia Tanzania Thailand Tunisia
    Uruguay Vietnam Zambia"""
)
STATES = (
    "AL",
    "AZ",
    "CO",
    "CT",
    "GA",
    "IA",
    "ID",
    "KS",
    "KY",
    "MD",
    "ME",
    "MN",
    "MO",
    "NE",
    "NH",
    "NM",
    "OK",
    "OR",
    "UT",
    "VT",
)
STREET_NAMES = word_tuple(
    """Alder Aspen Barley Beacon Bellflower Birchwood Bramble Candle Carver Chandler Clement Clover Cobble Copper
    Cotter Dahlia Elder Falcon Ferry Foundry Garnet Glover Granary Harvest Heron Hollis Ironside Juniper Kestrel
    Kingfisher Lantern Larch Linden Lockwood Mallard Market Mercer Millrace Orchard Osprey Otter Paddock
    Partridge Pembroke Poplar Quarry Rowan Saddler Sorrel Sparrow Spinner Stable Swallow Tanner Thatcher Thistle
    Timber Vesper Wagon Walnut Weaver Willow Windmill Woodlark"""
)
USER_WORDS = word_tuple(
    """bluefinch calmharbor copperfox dawnrunner driftwood eastwind fernleaf frostbyte goldenowl greypebble
    hazelnut ironlark jadewave kitehill lemonpie lightfoot maplecat mistral moonpath nightjar northstar
    oakbranch papercrane pinecone quietriver rainbow7 redkite rustybolt saltmarsh silverfin skylark snowdrop
    softrain starling stonefly sunbeam swiftarrow tealbird thunderpine wavecrest wildthyme windrose woodpigeon"""
)
