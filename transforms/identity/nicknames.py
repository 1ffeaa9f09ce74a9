"""Short and pet forms of first names, each beside the full name it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_FORMS = """
alexander alex sandy xander | alexandra alex lexi sandra | alfred alfie fred | amanda mandy |
andrew andy drew | anthony tony | barbara barb babs | benjamin ben benny |
catherine cathy kate katie cat | charles charlie chuck | charlotte charlie lottie |
christina chris tina | christopher chris topher kit | daniel dan danny | david dave davey |
deborah deb debbie | dorothy dot dottie | edward ed eddie ned ted | eleanor ellie nell nora |
elizabeth liz lizzie beth betty eliza lisa | emily em emmy | frances fran frankie | francis frank |
frederick fred freddie | gabriel gabe | george georgie | gregory greg | harold harry hal |
harriet hattie | helen nell nellie | henry harry hank hal | isabella bella izzy | jacob jake |
james jim jimmy jamie | jennifer jen jenny | jessica jess jessie | john jack johnny |
jonathan jon jonny | joseph joe joey | joshua josh | josephine jo josie | judith judy | julia jules |
katherine kathy kate katie kat | kenneth ken kenny | kimberly kim | lawrence larry |
leonard len lenny leo | lillian lily | louis lou | louise lou | lucas luke |
margaret maggie meg peggy greta rita | martha marty | matilda tilly mattie | matthew matt |
maximilian max | michael mike mick mickey | millicent millie | nathaniel nate nat |
nicholas nick nicky | nicole nicky | oliver ollie | olivia liv livvy | pamela pam |
patricia pat patty trish tricia | patrick pat paddy | peter pete | philip phil | rachel rae |
raymond ray | rebecca becky becca | richard rick dick rich richie | robert bob bobby rob |
roberta bobbie | ronald ron ronnie | rosemary rose rosie | samantha sam | samuel sam sammy |
sarah sally | sebastian seb bastian | stephanie steph | stephen steve stevie | steven steve |
susan sue susie | teresa terry tess | theodore theo ted teddy | thomas tom tommy | timothy tim |
victoria vicky tori | vincent vince vinny | virginia ginny | walter walt wally |
william bill billy will willy liam | zachary zach
"""
# A short form that stands for several names is taken for the first of them: it is one hint among others.
ROOTS: Mapping[str, str] = MappingProxyType(
    {
        form: names.split()[0]
        for names in reversed(_FORMS.replace("\n", " ").split("|"))
        for form in reversed(names.split())
    }
)
