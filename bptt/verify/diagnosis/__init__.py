"""What a wrong gradient is wrong in, and how: none of it bears on the verdict.

diagnosis      looks at points where it is wrong, for the part that holds the wrong entries and the kind of mistake
kinds          what the values are: negated, scaled, transposed, clipped, ...
omissions      what is left out of the sum over all paths through f: a step, a way through the code, ...
trace          those paths
localisation   the wrong entries among very many, where f runs on floats alone
"""
